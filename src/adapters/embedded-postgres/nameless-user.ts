/**
 * A name for a user that has none: containers are often run as a mere number, and the programs that set a cluster up want a
 * name for it. Where the library nss_wrapper is installed they are given one; the server itself needs none.
 *
 * Fails: EmbeddedUnusable, with what can be done.
 */
import { globSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { platform, userInfo } from "node:os"
import { join } from "node:path"
import { EmbeddedUnusable } from "./unusable.ts"

const LIBRARY = "/usr/{lib,lib64,lib/*-linux-gnu}/libnss_wrapper.so"

const isNamed = (): boolean => {
  try {
    return userInfo().username !== ""
  } catch {
    return false
  }
}

/** Runs it with what it needs to find a name. `home`: where we may write. */
export const named = async <A>(home: string, run: (environment: NodeJS.ProcessEnv) => Promise<A>): Promise<A> => {
  if (platform() !== "linux" || isNamed()) return run({})
  const [uid, gid] = [process.getuid!(), process.getgid!()]
  const library = globSync(LIBRARY)[0]
  if (library === undefined)
    throw new EmbeddedUnusable({
      message: `the user ${uid} has no name here, and PostgreSQL wants one when it is set up: add it to /etc/passwd, install libnss-wrapper, run as another user, or set DATABASE_URL`,
    })
  const folder = mkdtempSync(join(home, "names-"))
  const [passwd, group] = [join(folder, "passwd"), join(folder, "group")]
  try {
    writeFileSync(passwd, `postgres:x:${uid}:${gid}::/:/bin/false\n`)
    writeFileSync(group, `postgres:x:${gid}:\n`)
    return await run({ LD_PRELOAD: library, NSS_WRAPPER_PASSWD: passwd, NSS_WRAPPER_GROUP: group })
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
