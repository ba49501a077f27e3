/**
 * Catching the planted bugs: each is simulated over the seeds it is to be found in, and so is the shop without any, over
 * the very same seeds.
 *
 * All of it happens in a thread of its own (`greenhouse.ts`), because a second instance of a module needs Node's own
 * loader, which a test runner replaces.
 */
import { Worker } from "node:worker_threads"
import { FACT_PLANTS } from "./fact-plants.ts"
import { FIRST_PLANTS } from "./first-plants.ts"
import { LAW_PLANTS } from "./law-plants.ts"
import { MORE_PLANTS } from "./more-plants.ts"
import type { Plant } from "./plant.ts"
import { SHIPPING_PLANTS } from "./shipping-plants.ts"

export interface Caught {
  readonly name: string
  readonly caughtBy: string
  /** The first seed whose run says so; null: none of 1..seedsMax does. */
  readonly seedsNeeded: number | null
}

/** What the thread tells after each plant; `name` is null for the shop without a bug. */
export interface Harvest {
  readonly name: string | null
  readonly seedsNeeded: number | null
  /** The first sentence of every check that spoke up. */
  readonly said: ReadonlyArray<string>
}

export const ALL: ReadonlyArray<Plant> = [
  ...FIRST_PLANTS,
  ...MORE_PLANTS,
  ...LAW_PLANTS,
  ...FACT_PLANTS,
  ...SHIPPING_PLANTS,
]

export const SEEDS_MAX = Math.max(...ALL.map(({ seedsMax }) => seedsMax))

/** A plant that takes longer than this has brought the simulation itself to a standstill. */
const PATIENCE_MS = 120_000

/** Simulates all of them, and tells of each as soon as it is known: first the shop without a bug. */
export const harvest = (onHarvest: (harvest: Harvest) => void): Promise<void> =>
  new Promise((resolve, reject) => {
    const worker = new Worker(new URL("./greenhouse.ts", import.meta.url))
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

/** For the campaign: one entry a plant; throws if the shop without a bug breaks a law over the same seeds. */
export const catchAll = async (onProgress: (line: string) => void): Promise<ReadonlyArray<Caught>> => {
  const caught: Array<Caught> = []
  let unplanted: ReadonlyArray<string> = []
  await harvest(({ name, said, seedsNeeded }) => {
    const plant = ALL.find((each) => each.name === name)
    if (plant === undefined) {
      unplanted = said
      return onProgress(`without a planted bug: ${said.length} laws broken in ${SEEDS_MAX} seeds`)
    }
    const { caughtBy } = plant
    caught.push({ name: plant.name, caughtBy, seedsNeeded })
    onProgress(`${name}: ${seedsNeeded === null ? "NOT CAUGHT" : `caught by "${caughtBy}" at seed ${seedsNeeded}`}`)
  })
  if (unplanted.length > 0) throw new Error(`the shop without a planted bug breaks laws: ${unplanted.join(" | ")}`)
  return caught
}
