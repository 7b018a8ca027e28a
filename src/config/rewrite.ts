import { promises, constants, type Stats } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";

const { access, mkdir, mkdtemp, open, readlink, rename, rm, stat } = promises;

type File = Awaited<ReturnType<typeof open>>;

const codeOf = (thrown: unknown): string =>
  thrown instanceof Error && "code" in thrown ? String(thrown.code) : String(thrown);

/** The file cannot be replaced by a new one: a mount point, a read-only folder, another owner. */
const ONLY_IN_PLACE = ["EBUSY", "EXDEV", "EACCES", "EPERM", "EROFS"];
/** As deep as Linux follows links. */
const MOST_LINKS = 40;

/** Called again for each attempt: a generator can be read only once. */
type Parts = () => Iterable<string | Uint8Array>;

/** The path of the text itself: links are followed, also to a file that does not exist yet. */
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

/** Through a folder that only this user can read: the text may contain secrets, and gets its mode last. */
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

/** One write may write only a part, as on a disk that fills up. */
const writeAt = async (file: File, bytes: Uint8Array, position: number): Promise<void> => {
  for (let at = 0; at < bytes.length;) {
    const { bytesWritten } = await file.write(bytes, at, bytes.length - at, position + at);
    at += bytesWritten;
  }
};

/**
 * Overwrites a file that cannot be replaced by renaming. Space for a longer text is allocated first, as line feeds that
 * YAML ignores: where there is none, the old text is still complete.
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
 * Gives a file this content, or leaves it unchanged. Its owner, its mode and its links stay; where the file can be
 * replaced, a crash in between leaves either the old text or the new one. Rejects with the error of the file system.
 */
export const rewriteFile = async (path: string, parts: Parts): Promise<void> => {
  const target = await behindLinks(path);
  const before = await statOf(target);
  if (!before) {
    await mkdir(dirname(target), { recursive: true });
    return replace(target, parts, null);
  }
  if (!before.isFile()) throw Object.assign(new Error("not a regular file"), { code: "EINVAL" });
  // A writable folder would allow replacing a file that is not writable.
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
  EDQUOT: "the disk quota is exceeded",
  EROFS: "its file system is mounted read-only",
  EACCES: "this user may not write it or its folder",
  EPERM: "this user may not write it or its folder",
  EISDIR: "it is a folder",
  EINVAL: "it is not a regular file",
  ELOOP: "its links form a loop",
  ENOTDIR: "a part of its path is not a folder",
  EIO: "the disk reports an error",
};

/** Why a file could not be written, as part of a sentence. */
export const whyNotWritten = (thrown: unknown): string => {
  const code = codeOf(thrown);
  return SENTENCES[code] ?? `the system refused it (${code})`;
};
