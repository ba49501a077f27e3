/** Who decides, and on how many threads. */
import { availableParallelism } from "node:os"
import { BATCH_SIZE_MAX } from "../app/inventory/limits.ts"
import { ConfigProblem, type Env, integer, oneOf, text } from "./knob.ts"

/** As many as there are lanes to share. */
const WORKERS_MAX = 64

/** Ways to guard a hot row, one transaction a command. */
export const GUARDS = [
  "naive",
  "optimistic",
  "pessimistic",
  "pessimistic-unordered",
  "atomic",
  "advisory",
  "serializable",
  "skip-locked",
  "redis-lock",
  "redis-lua",
] as const
export type GuardName = (typeof GUARDS)[number]

/** They lose units, orders or time: to be looked at, and not to be sold with. */
const FOR_THE_LAB: ReadonlyArray<GuardName> = ["naive", "pessimistic-unordered", "redis-lock", "redis-lua"]

export interface Inventory {
  /**
   * Null: actors, owners in memory who commit in batches. A guard: one transaction a command, on the same tables; it is what
   * the owners are measured against.
   */
  readonly guard: GuardName | null
  /** Inventory threads; a guard decides in the main thread. */
  readonly workers: number
  /** Unpaid holds of a product that one customer may have; 0: any number. */
  readonly holdsPerCustomer: number
  /** Decisions of a batch, at most. */
  readonly batchSizeMax: number
}

/** `atomic` is short for `single:atomic`. */
const INVENTORIES = ["actors", "atomic", ...GUARDS.map((guard) => `single:${guard}` as const)] as const

const guardOf = (env: Env): GuardName | null => {
  const inventory = oneOf(env, "INVENTORY", INVENTORIES)
  if (inventory === "actors") return null
  const guard = inventory === "atomic" ? inventory : (inventory.slice("single:".length) as GuardName)
  if (FOR_THE_LAB.includes(guard) && text(env, "JAEGO_LAB") !== "1")
    throw new ConfigProblem({
      message: `INVENTORY=${inventory} loses what it promises: it starts only with JAEGO_LAB=1, to be looked at`,
    })
  if (guard.startsWith("redis-") && text(env, "REDIS_URL") === null && text(env, "REDIS_URL_FILE") === null)
    throw new ConfigProblem({ message: `INVENTORY=${inventory} needs REDIS_URL` })
  return guard
}

export const read = (env: Env): Inventory => {
  const fallback = Math.min(WORKERS_MAX, Math.max(1, availableParallelism() - 1))
  const workers = integer(env, "WORKERS", { fallback, min: 1, max: WORKERS_MAX })
  const guard = guardOf(env)
  const holdsPerCustomer = integer(env, "HOLDS_PER_CUSTOMER", { fallback: 0, min: 0, max: 1_000_000 })
  if (guard !== null && holdsPerCustomer > 0)
    throw new ConfigProblem({ message: "HOLDS_PER_CUSTOMER is kept by owners: it needs INVENTORY=actors" })
  const batchSizeMax = integer(env, "BATCH_SIZE_MAX", { fallback: BATCH_SIZE_MAX, min: 1, max: BATCH_SIZE_MAX })
  return { guard, workers: guard === null ? workers : 1, holdsPerCustomer, batchSizeMax }
}
