/**
 * The home folder: ours, and nothing in it can have been planted by another user.
 *
 * Law: a folder that another user owns or may write to is refused, and no link in it is followed.
 */
import { lstatSync, mkdirSync, realpathSync, type Stats, statSync } from "node:fs"
import { EmbeddedUnusable } from "./unusable.ts"

const WRITABLE_BY_GROUP = 0o020
const WRITABLE_BY_OTHERS = 0o002

/** Its real path: the one by which a process of ours is recognised. */
export const make = (home: string): string => {
  try {
    mkdirSync(home, { recursive: true, mode: 0o755 })
  } catch (error) {
    throw new EmbeddedUnusable({ message: `JAEGO_HOME ${home} cannot be made: ${(error as Error).message}` })
  }
  return open(home)
}

/** The real path of one that is there. */
export const open = (home: string): string => {
  const us = process.getuid?.()
  if (us !== undefined) {
    const isTrusted = ({ uid }: Stats) => uid === us || uid === 0
    // A link in its place is followed if it is ours too.
    const folder = statSync(home)
    if (!isTrusted(folder) || !isTrusted(lstatSync(home)))
      throw new EmbeddedUnusable({
        message: `JAEGO_HOME ${home} belongs to another user: name a folder that this one can make`,
      })
    // Orchestrators give a volume to a container as root's, and let its group write.
    const writable = folder.uid === 0 && us !== 0 ? WRITABLE_BY_OTHERS : WRITABLE_BY_OTHERS | WRITABLE_BY_GROUP
    if ((folder.mode & writable) !== 0)
      throw new EmbeddedUnusable({
        message: `JAEGO_HOME ${home} can be written to by other users: chmod go-w ${home}, or name a folder in it that is not there yet`,
      })
  }
  return realpathSync(home)
}
