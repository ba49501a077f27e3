/** Who decides, and on how many threads. */
import { availableParallelism } from "node:os"
import { type Env, integer, oneOf } from "./knob.ts"

/** As many as there are lanes to share. */
const WORKERS_MAX = 64

export interface Inventory {
  /**
   * `actors`: owners in memory, who commit in batches. `atomic`: one transaction a command, with a guarded update, on the
   * same tables; it is what the owners are measured against.
   */
  readonly kind: "actors" | "atomic"
  /** Inventory threads. */
  readonly workers: number
}

export const read = (env: Env): Inventory => {
  const fallback = Math.min(WORKERS_MAX, Math.max(1, availableParallelism() - 1))
  return {
    kind: oneOf(env, "INVENTORY", ["actors", "atomic"]),
    workers: integer(env, "WORKERS", { fallback, min: 1, max: WORKERS_MAX }),
  }
}
