// For a built program: node --require test/bluez/hook.cjs dist/main.js run
// Puts a controller of BlueZ's emulator below its noble. Does nothing in a worker thread, which has no Bluetooth.
/* eslint-disable @typescript-eslint/no-require-imports --
   plain CommonJS, since it is loaded before anything could compile it */
const { isMainThread } = require("node:worker_threads");

if (isMainThread) {
  // A namespace of its own: the program itself is run as it was built.
  const tsx = require("tsx/cjs/api").register({ namespace: "bluez" });
  tsx.require("./hook.ts", __filename);
}
