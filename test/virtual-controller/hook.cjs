// For a built program: node --require test/virtual-controller/hook.cjs dist/main.js run
// Puts a virtual controller with simulated pads below its noble. VIRTUAL_CONTROLLER is a JSON object, or the path of a
// file with one: see `HookSettings` in hook.ts. Does nothing in a worker thread, which has no Bluetooth of its own.
/* eslint-disable @typescript-eslint/no-require-imports --
   plain CommonJS, since it is loaded before anything could compile it */
const { isMainThread } = require("node:worker_threads");

if (isMainThread) {
  // A namespace of its own: the program itself is run as it was built.
  const tsx = require("tsx/cjs/api").register({ namespace: "virtual-controller" });
  tsx.require("./hook.ts", __filename);
}
