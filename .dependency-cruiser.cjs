// The layers of docs/adr/0001, as a gate. Each rule names the alternative.
const owner = (pkg, file) => ({
  name: `only-${file.replace(/[^a-z]+/g, "-")}-knows-${pkg.replace(/[^a-z]+/g, "")}`,
  comment: `${pkg} has one owner, src/${file}: use what that file exports, or extend it.`,
  severity: "error",
  from: { path: "^src/", pathNot: [`^src/${file}`, "\\.test\\.ts$"] },
  to: { path: `node_modules/${pkg}(/|$)` },
});
const layer = (name, comment, from, mayReach, not = []) => ({
  name,
  comment,
  severity: "error",
  from: { path: from, pathNot: ["\\.test\\.ts$", ...not] },
  to: { pathNot: mayReach },
});

module.exports = {
  forbidden: [
    {
      name: "no-cycles",
      comment: "Break the cycle: move what both need into the lower layer.",
      severity: "error",
      from: {},
      to: { circular: true },
    },
    {
      name: "no-orphans",
      comment: "Nothing reaches this file: delete it or use it.",
      severity: "error",
      from: {
        orphan: true,
        path: "^src/",
        pathNot: ["\\.test\\.ts$", "\\.d\\.ts$", "^src/process/watchdog-worker\\.ts$", "^src/main\\.ts$"],
      },
      to: {},
    },
    {
      name: "resolvable",
      comment: "Every import must resolve, or this gate sees nothing.",
      severity: "error",
      from: {},
      to: { couldNotResolve: true },
    },
    layer("domain-is-pure", "domain imports only itself: pass what it needs as a value.", "^src/domain/", [
      "^src/domain/",
    ]),
    layer(
      "protocol-is-pure",
      "protocol imports domain and itself, no node: and no package.",
      "^src/protocol/",
      ["^src/(domain|protocol)/"],
    ),
    layer(
      "api-is-pure",
      "api is what every face of the bridge says and understands: domain and itself only.",
      "^src/api/",
      ["^src/(domain|api)/"],
    ),
    layer(
      "mqtt-pure-files",
      "topics and what Home Assistant is told are functions to messages: domain, api and each other only.",
      "^src/mqtt/(topics|homeassistant/(?!announcer|echoes)[a-z-]+)\\.ts$",
      ["^src/(domain|api)/", "^src/mqtt/(topics|homeassistant/(?!announcer|echoes)[a-z-]+)\\.ts$"],
    ),
    layer(
      "mqtt-client-knows-no-pad",
      "mqtt/client is a client for any broker: no pad, no topic of ours, no Home Assistant.",
      "^src/mqtt/client/",
      [
        "^src/mqtt/client/",
        "^src/domain/errors\\.ts$",
        "^src/(clock|log/log)\\.ts$",
        "^src/ble/deadline\\.ts$",
        "node_modules/mqtt/",
        "^(node:)?(net|tls|fs|dns)$",
      ],
    ),
    layer(
      "mqtt-knows-no-web",
      "mqtt and web are two faces of one bridge: what both need is in api.",
      "^src/mqtt/",
      ["^(?!src/(web|page)/)"],
    ),
    layer(
      "web-knows-no-mqtt",
      "web and mqtt are two faces of one bridge: what both need is in api.",
      "^src/(web|page)/",
      ["^(?!src/mqtt/)"],
    ),
    layer(
      "pad-control-is-pure",
      "pad/control decides from values alone: domain, protocol and itself; no clock, no log, no I/O.",
      "^src/pad/control/",
      ["^src/(domain|protocol|pad/control)/"],
    ),
    layer(
      "pad-knows-ports",
      "pad reaches the outside through ports (ble/radio, clock, log) only.",
      "^src/pad/",
      ["^src/(domain|protocol|pad)/", "^src/ble/(radio|deadline)\\.ts$", "^src/(clock|log/log)\\.ts$"],
    ),
    layer(
      "bridge-knows-domain",
      "mqtt/bridge speaks in domain terms; the radio, the protocols and the config are wired by app.ts.",
      "^src/mqtt/bridge[^/]*\\.ts$",
      ["^src/(domain|api|mqtt)/", "^src/(clock|log/log)\\.ts$"],
    ),
    layer("config-is-a-leaf", "config may know domain, convict and yaml.", "^src/config/", [
      "^src/(domain|config)/",
      "node_modules/(convict|yaml|@types/convict)/",
      "^(node:)?(fs|path|url|net)$",
    ]),
    owner("@abandonware/noble", "ble/noble/"),
    owner("mqtt", "mqtt/client/"),
    owner("aedes", "mqtt/embedded"),
    owner("convict", "config/"),
    owner("pino", "log/"),
    owner("better-sqlite3", "store/"),
    owner("yaml", "config/"),
    owner("@?hono", "web/"),
    owner("(preact|uplot)", "page/"),
    owner("@garmin/fitsdk", "app/export/"),
    {
      name: "no-tests-in-src",
      comment: "Shipped code never imports a test.",
      severity: "error",
      from: { pathNot: "\\.test\\.ts$|^test/" },
      to: { path: "\\.test\\.ts$|^test/" },
    },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["import", "require", "node", "default", "types"],
    },
  },
};
