// Deletes from ./node_modules what the program does not need to run: tools that compile native packages, types, and
// whatever came along only for them. npm cannot leave out a dependency's dependency.
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";

// usb is a way to an adapter that noble takes on Windows.
const NOT_NEEDED = ["node-gyp", "@mapbox/node-pre-gyp", "prebuild-install", "nan", "node-addon-api", "usb"];
const isNeeded = (name) => !NOT_NEEDED.includes(name) && !name.startsWith("@types/");

const dependencies = (folder) => {
  const { dependencies, optionalDependencies } = JSON.parse(
    readFileSync(join(folder, "package.json"), "utf8"),
  );
  return Object.keys({ ...dependencies, ...optionalDependencies }).filter(isNeeded);
};

/** Where Node finds a package from `folder`; null for an optional one that is not there. */
const find = (name, folder) => {
  const found = join(folder, "node_modules", name);
  if (existsSync(found)) return found;
  return folder === "." ? null : find(name, dirname(folder));
};

const needed = new Set();
const visit = (folder) => {
  for (const name of dependencies(folder)) {
    const found = find(name, folder);
    if (found === null || needed.has(found)) continue;
    needed.add(found);
    visit(found);
  }
};
visit(".");

const packagesIn = (folder) =>
  readdirSync(folder).flatMap((name) =>
    name.startsWith("@")
      ? readdirSync(join(folder, name)).map((scoped) => join(folder, name, scoped))
      : [join(folder, name)],
  );

const prune = (folder) => {
  if (!existsSync(folder)) return;
  for (const found of packagesIn(folder)) {
    if (needed.has(found)) prune(join(found, "node_modules"));
    else rmSync(found, { recursive: true });
  }
};
prune("node_modules");
// The folder of a scope whose packages are all gone.
for (const name of readdirSync("node_modules"))
  if (name.startsWith("@") && readdirSync(join("node_modules", name)).length === 0)
    rmSync(join("node_modules", name), { recursive: true });

/** Of a compiled package only the result is needed, not what it was made from. */
const LEFTOVERS = ["build", "deps", "src", "lib/binding"];
const keepCompiled = (folder) => {
  const release = join(folder, "build", "Release");
  const compiled = existsSync(release)
    ? readdirSync(release).filter((name) => /(?<!^test.*)\.node$/.test(name))
    : [];
  for (const name of compiled) renameSync(join(release, name), join(folder, name));
  for (const name of LEFTOVERS) rmSync(join(folder, name), { recursive: true, force: true });
  mkdirSync(release, { recursive: true });
  for (const name of compiled) renameSync(join(folder, name), join(release, name));
};
for (const folder of needed) if (existsSync(join(folder, "binding.gyp"))) keepCompiled(folder);

process.stdout.write(`${needed.size} packages are kept: ${[...needed].join(" ")}\n`);
