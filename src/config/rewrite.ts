import { promises, constants, type Stats } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";

const { access, mkdir, mkdtemp, open, readlink, rename, rm, stat } = promises;

type File = Awaited<ReturnType<typeof open>>;

const codeOf = (thrown: unknown): string =>
  thrown instanceof Error && "code" in thrown ? String(thrown.code) : String(thrown);

/** A file of its own cannot take the place of this one: a mount point, a folder that may not be written, others' owner. */
const ONLY_IN_PLACE = ["EBUSY", "EXDEV", "EACCES", "EPERM", "EROFS"];
/** As deep as Linux follows links. */
const MOST_LINKS = 40;

/** Made anew for each attempt: a generator is read once. */
type Parts = () => Iterable<string | Uint8Array>;

/** Where the text lies: links are followed, also to a file that is not there yet. */
const behindLinks = async (path: string): Promise<string> => {
  let target = resolve(path);
  for (let links = 0; links < MOST_LINKS; links++) {
    const next = await readlink(target).catch(() => null);
    if (next === null) return target;
    target = resolve(dirname(target), next);
  }
  throw Object.assign(new Error("too many links"), { code: "ELOOP" });
};

const statOf = async (path: string): Promise<Stats | null> => {
  try {
    return await stat(path);
  } catch (thrown) {
    if (codeOf(thrown) === "ENOENT") return null;
    throw thrown;
  }
};

const writeDraft = async (draft: string, parts: Parts, before: Stats | null): Promise<void> => {
  const file = await open(draft, "wx");
  try {
    for (const part of parts()) await file.writeFile(part);
    await file.sync();
    if (!before) return;
    const { uid, gid } = await file.stat();
    if (uid !== before.uid || gid !== before.gid) await file.chown(before.uid, before.gid);
    await file.chmod(before.mode & 0o7777);
  } finally {
    await file.close();
  }
};

/** Through a folder that nobody else may look into: the text may hold secrets, and gets its mode last. */
const replace = async (target: string, parts: Parts, before: Stats | null): Promise<void> => {
  const folder = await mkdtemp(join(dirname(target), `.${basename(target)}-`));
  try {
    const draft = join(folder, "new");
    await writeDraft(draft, parts, before);
    await rename(draft, target);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};

/** One write may be a part of it only, as on a disk that fills up. */
const writeAt = async (file: File, bytes: Uint8Array, position: number): Promise<void> => {
  for (let at = 0; at < bytes.length;) {
    const { bytesWritten } = await file.write(bytes, at, bytes.length - at, position + at);
    at += bytesWritten;
  }
};

/**
 * Writes over a file whose name cannot be given to another. Room for a longer text is taken first, by line feeds that
 * YAML ignores: where there is none, the old text is still there and whole.
 */
const overwrite = async (target: string, parts: Parts): Promise<void> => {
  const file = await open(target, "r+");
  try {
    const old = await file.readFile();
    const bytes = Buffer.concat([...parts()].map((part) => Buffer.from(part)));
    try {
      await writeAt(file, Buffer.alloc(Math.max(0, bytes.length - old.length), "\n"), old.length);
      await file.sync();
      await writeAt(file, bytes, 0);
      await file.truncate(bytes.length);
      await file.sync();
    } catch (thrown) {
      await writeAt(file, old, 0).catch(() => undefined);
      await file.truncate(old.length).catch(() => undefined);
      throw thrown;
    }
  } finally {
    await file.close();
  }
};

/**
 * Gives a file this content, or leaves it as it was. Its owner, its mode, and what it is linked from or to stay; where it
 * can, a crash in between leaves the old text or the new one. Rejects with the error of the file system.
 */
export const rewriteFile = async (path: string, parts: Parts): Promise<void> => {
  const target = await behindLinks(path);
  const before = await statOf(target);
  if (!before) {
    await mkdir(dirname(target), { recursive: true });
    return replace(target, parts, null);
  }
  if (!before.isFile()) throw Object.assign(new Error("not a regular file"), { code: "EINVAL" });
  // A folder that may be written would let us replace a file that may not.
  await access(target, constants.W_OK);
  if (before.nlink > 1) return overwrite(target, parts);
  try {
    await replace(target, parts, before);
  } catch (thrown) {
    if (!ONLY_IN_PLACE.includes(codeOf(thrown))) throw thrown;
    await overwrite(target, parts);
  }
};

const SENTENCES: Readonly<Record<string, string>> = {
  ENOSPC: "the disk is full",
  EDQUOT: "the quota of the disk is used up",
  EROFS: "it lies on a file system that is mounted read-only",
  EACCES: "it, or its folder, may not be written by this user",
  EPERM: "it, or its folder, may not be written by this user",
  EISDIR: "it is a folder",
  EINVAL: "it is not a regular file",
  ELOOP: "its links lead in a circle",
  ENOTDIR: "a part of its path is not a folder",
  EIO: "the disk has an error",
};

/** Why a file could not be written, as part of a sentence. */
export const whyNotWritten = (thrown: unknown): string => {
  const code = codeOf(thrown);
  return SENTENCES[code] ?? `the system refuses it (${code})`;
};
