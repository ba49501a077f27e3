/** As whom PostgreSQL runs: as us, or, because it refuses to run as root, as the user `postgres`. */
import { execFileSync } from "node:child_process"
import { environment } from "./environment.ts"
import { EmbeddedUnusable } from "./unusable.ts"

/** Null: as us. */
export type Account = { readonly uid: number; readonly gid: number } | null

/** The user `postgres` is made when there is none. */
export const find = (): Account => {
  if (process.getuid?.() !== 0) return null
  const known = lookUp()
  if (known !== null) return known
  try {
    execFileSync("groupadd", ["-f", "postgres"], { stdio: "ignore", env: environment() })
    execFileSync("useradd", ["-r", "-g", "postgres", "postgres"], { stdio: "ignore", env: environment() })
  } catch {
    // Judged by the look-up below.
  }
  const made = lookUp()
  if (made !== null) return made
  throw new EmbeddedUnusable({
    message: `Postgres does not run as root and the user "postgres" could not be made: run as another user or set DATABASE_URL`,
  })
}

const lookUp = (): Account => {
  try {
    const id = (flag: string) =>
      Number(execFileSync("id", [flag, "postgres"], { stdio: ["ignore", "pipe", "ignore"], env: environment() }))
    return { uid: id("-u"), gid: id("-g") }
  } catch {
    return null
  }
}
