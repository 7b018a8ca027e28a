import { fstatSync, write } from "node:fs";
import { Writable } from "node:stream";

/** Writes everything, in one or several calls; what the disk refuses is lost, as it may have room later. */
const writeAll = (fd: number, bytes: Uint8Array, done: () => void): void =>
  write(fd, bytes, (error, written) => {
    if (error || written >= bytes.length) done();
    else writeAll(fd, bytes.subarray(written), done);
  });

const isFile = (fd: number): boolean => {
  try {
    return fstatSync(fd).isFile();
  } catch {
    return false;
  }
};

/**
 * Node writes to a file (`> bridge.log`, systemd's `append:`) with blocking calls: a disk that hangs would block the main
 * loop, and with it every stop of a belt, until the watchdog ends the process (seen with Node 20.20). Here a thread of
 * libuv waits for the disk. Anything but a file is returned as it is.
 */
export const unblockedOutput = (stream: Writable & { readonly fd: number }): Writable =>
  isFile(stream.fd)
    ? new Writable({
        write: (chunk: Buffer, _encoding, done) => writeAll(stream.fd, chunk, () => done()),
      })
    : stream;
