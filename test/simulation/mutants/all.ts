/**
 * Catching the planted bugs (mutants): each is simulated over the seeds it is to be found in, and so is the shop without
 * any, over the very same seeds. `thread.ts` runs them; the other files of this folder list them by subject.
 *
 * All of it happens in threads of their own (`thread.ts`), because a second instance of a module needs Node's own
 * loader, which a test runner replaces.
 */
import { Worker } from "node:worker_threads"
import { CHECKOUT_MUTANTS } from "./checkout.ts"
import { EDITING_MUTANTS } from "./editing.ts"
import { EXPIRY_MUTANTS } from "./expiry.ts"
import { FACT_MUTANTS } from "./facts.ts"
import { HUNG_UP_MUTANTS } from "./hung-up.ts"
import { IDEMPOTENCY_MUTANTS } from "./idempotency.ts"
import { IMPORT_MUTANTS } from "./imports.ts"
import { INVENTORY_MUTANTS } from "./inventory.ts"
import { LAW_MUTANTS } from "./laws.ts"
import { LEDGER_MUTANTS } from "./ledger.ts"
import type { Mutant } from "./load.ts"
import { SHIPPING_MUTANTS } from "./shipping.ts"

export interface Caught {
  readonly name: string
  readonly caughtBy: string
  /** The first seed whose run says so; null: none of 1..seedsMax does. */
  readonly seedsNeeded: number | null
}

/** What the thread reports after each mutant; `name` is null for the shop without a bug. */
export interface Harvest {
  readonly name: string | null
  readonly seedsNeeded: number | null
  /** The first sentence of every check that spoke up. */
  readonly said: ReadonlyArray<string>
}

export const ALL: ReadonlyArray<Mutant> = [
  ...INVENTORY_MUTANTS,
  ...EDITING_MUTANTS,
  ...HUNG_UP_MUTANTS,
  ...EXPIRY_MUTANTS,
  ...LEDGER_MUTANTS,
  ...IDEMPOTENCY_MUTANTS,
  ...CHECKOUT_MUTANTS,
  ...LAW_MUTANTS,
  ...FACT_MUTANTS,
  ...SHIPPING_MUTANTS,
  ...IMPORT_MUTANTS,
]

export const SEEDS_MAX = Math.max(...ALL.map(({ seedsMax }) => seedsMax))

/** A mutant that takes longer than this (ms), many times what a busy machine needs, has brought the simulation itself to a standstill. */
const PATIENCE_MS = 600_000

/** Threads that share the mutants: a small machine has two cores. */
const SHARES = 2

/** Simulates all of them, the shop without a bug among them, and reports each as soon as it is known. */
export const harvest = async (onHarvest: (harvest: Harvest) => void): Promise<void> => {
  await Promise.all(Array.from({ length: SHARES }, (_, share) => harvestOf(share, onHarvest)))
}

const harvestOf = (share: number, onHarvest: (harvest: Harvest) => void): Promise<void> =>
  new Promise((resolve, reject) => {
    const worker = new Worker(new URL("./thread.ts", import.meta.url), { workerData: { share, shares: SHARES } })
    let last = "nothing"
    const patience = setTimeout(() => {
      reject(new Error(`nothing was heard for ${PATIENCE_MS / 1_000} s after ${last}`))
      void worker.terminate()
    }, PATIENCE_MS)
    worker.on("message", (harvest: Harvest) => {
      last = harvest.name ?? "the shop without a bug"
      patience.refresh()
      onHarvest(harvest)
    })
    worker.on("error", reject)
    worker.on("exit", (code) => {
      clearTimeout(patience)
      if (code === 0) resolve()
      else reject(new Error(`the thread of planted bugs ended with ${code} after ${last}`))
    })
  })

/** For the campaign: one entry a mutant; throws if the shop without a bug breaks a law over the same seeds. */
export const catchAll = async (onProgress: (line: string) => void): Promise<ReadonlyArray<Caught>> => {
  const caught: Array<Caught> = []
  let unplanted: ReadonlyArray<string> = []
  await harvest(({ name, said, seedsNeeded }) => {
    const mutant = ALL.find((each) => each.name === name)
    if (mutant === undefined) {
      unplanted = said
      return onProgress(`without a planted bug: ${said.length} laws broken in ${SEEDS_MAX} seeds`)
    }
    const { caughtBy } = mutant
    caught.push({ name: mutant.name, caughtBy, seedsNeeded })
    onProgress(`${name}: ${seedsNeeded === null ? "NOT CAUGHT" : `caught by "${caughtBy}" at seed ${seedsNeeded}`}`)
  })
  if (unplanted.length > 0) throw new Error(`the shop without a planted bug breaks laws: ${unplanted.join(" | ")}`)
  return caught
}
