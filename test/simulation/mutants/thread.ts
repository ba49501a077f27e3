/** A thread that runs its share of the mutants: each in module instances of its own, one after another. */
import { parentPort, workerData } from "node:worker_threads"
import { ALL, type Harvest, SEEDS_MAX } from "./all.ts"
import { type Change, load } from "./load.ts"

interface Simulation {
  readonly simulate: (seed: number) => Promise<{ readonly violations: ReadonlyArray<string> }>
}

/** Until a check of this name speaks up; null: over all of the seeds. */
const grow = async (
  changes: ReadonlyArray<Change>,
  seedsMax: number,
  caughtBy: string | null,
): Promise<Omit<Harvest, "name">> => {
  const { simulate } = await load<Simulation>("test/simulation/simulate.ts", changes)
  const said = new Map<string, string>()
  for (let seed = 1; seed <= seedsMax; seed++) {
    const { violations } = await simulate(seed)
    for (const sentence of violations) {
      const name = sentence.split(":")[0]!
      if (!said.has(name)) said.set(name, `seed ${seed}: ${sentence}`)
    }
    if (caughtBy !== null && violations.some((sentence) => sentence.startsWith(`${caughtBy}:`)))
      return { seedsNeeded: seed, said: [...said.values()] }
  }
  return { seedsNeeded: null, said: [...said.values()] }
}

/** A mutant that does not fit the source any more is reported like one that is not found. */
const unfit = (error: unknown): Omit<Harvest, "name"> => ({ seedsNeeded: null, said: [String(error)] })

const post = (harvest: Harvest): void => parentPort!.postMessage(harvest)

/** Which of how many threads this is, from 0. */
const { share, shares } = workerData as { readonly share: number; readonly shares: number }

if (share === 0) post({ name: null, ...(await grow([], SEEDS_MAX, null).catch(unfit)) })
for (const { caughtBy, changes, name, seedsMax } of ALL.filter((_, index) => index % shares === share))
  post({ name, ...(await grow(changes, seedsMax, caughtBy).catch(unfit)) })
