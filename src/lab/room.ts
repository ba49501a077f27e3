/** What the lab works with. */
import type { Children } from "./children.ts"
import type { Databases } from "./databases.ts"
import type { Generators } from "./load.ts"

export interface Room {
  readonly databases: Databases
  readonly children: Children
  readonly generators: Generators
  readonly redisUrl: string | null
  /** What is being done, for people. */
  readonly log: (what: string) => void
}
