/**
 * A function of ours inside the database, named by its text: `jaego_commit_1f0c9a3e`. A build calls the function that it was
 * written with, and none that another build has put in its place: two builds may run beside each other on one database.
 */
import { createHash } from "node:crypto"

export interface SqlFunction {
  readonly name: string
  /** The statement that makes it. */
  readonly create: string
}

/** Hexadecimal digits of the text's hash: enough for every text a name will ever have. */
const DIGITS = 8

/** `definition`: what follows the name in `create function`. A function that it calls is named in it, hash and all. */
export const sqlFunction = (name: string, definition: string): SqlFunction => {
  const hash = createHash("sha256").update(definition).digest("hex").slice(0, DIGITS)
  return { name: `${name}_${hash}`, create: `create function ${name}_${hash}${definition}` }
}
