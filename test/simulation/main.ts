/**
 * The simulation at a prompt:
 *
 *     npm run simulate                            seeds 0, 1, 2 ... for ever
 *     npm run simulate -- --seeds 1000            so many
 *     npm run simulate -- --seeds 1000 --from 500 beginning there
 *     npm run simulate -- --seed 17               one, with its whole history
 *     npm run simulate -- --cramped ...           the same over a shop with tiny limits (`cramped.ts`)
 *
 * Exit code 1: a law was broken. A failing seed is reported with the command that shows it again.
 */
import { parseArgs } from "node:util"
import { loadCramped } from "./cramped.ts"
import type { Failure, Sum } from "./many.ts"
import * as Roomy from "./many.ts"
import type { Run } from "./simulate.ts"

const { values } = parseArgs({
  options: {
    seed: { type: "string" },
    seeds: { type: "string" },
    from: { type: "string" },
    cramped: { type: "boolean", default: false },
  },
})

const shop = values.cramped ? await loadCramped() : Roomy

const PROGRESS_EVERY = 100

const say = (line: string): void => void process.stdout.write(`${line}\n`)

const numberOf = (name: string, text: string | undefined): number | null => {
  if (text === undefined) return null
  const number = Number(text)
  if (!Number.isSafeInteger(number) || number < 0) throw new Error(`--${name} is a number, 0 or above; it was ${text}`)
  return number
}

const table = (title: string, counts: Readonly<Record<string, number>>): void => {
  say(`\n${title}`)
  for (const [name, times] of Object.entries(counts).sort(([a], [b]) => (a < b ? -1 : 1)))
    say(`${String(times).padStart(9)}  ${name}`)
}

const tellSum = (sum: Sum): void => {
  table("faults that fired", sum.faults)
  table("what shoppers were answered", sum.outcomes)
  table("dangerous moments", sum.moments)
  say(`\n${sum.seeds} seeds from ${sum.from}, ${sum.failures.length} of them broke a law`)
  for (const { replay } of sum.failures) say(`  ${replay}`)
}

const tellFailure = ({ replay, seed, theme, violations }: Failure): void => {
  say(`\nseed ${seed} (${theme}) broke ${violations.length === 1 ? "a law" : `${violations.length} laws`}:`)
  for (const violation of violations) say(`  ${violation}`)
  say(`  ${replay}\n`)
}

const showOne = async (seed: number): Promise<boolean> => {
  const { faults, history, lines, moments, outcomes, theme, violations } = await shop.simulate(seed)
  for (const line of lines) say(line)
  table("faults that fired", faults)
  table("what shoppers were answered", outcomes)
  table("dangerous moments", moments)
  say(`\nseed ${seed}: ${theme}; ${violations.length} violations; history ${history}`)
  for (const violation of violations) say(`  ${violation}`)
  return violations.length === 0
}

const showMany = async (from: number, count: number): Promise<boolean> => {
  if (count === 0) say("for ever; stop it with Ctrl+C")
  const startedAt = performance.now()
  const onRun = ({ seed, violations }: Run, { failures, seeds }: Sum): void => {
    if (violations.length > 0) tellFailure(failures.at(-1)!)
    if (seeds % PROGRESS_EVERY > 0) return
    const seconds = (performance.now() - startedAt) / 1_000
    say(`${seeds} seeds, up to ${seed}: ${failures.length} failed; ${(seeds / seconds).toFixed(0)} a second`)
  }
  const sum = await shop.runMany(from, count, onRun, values.cramped ? "--cramped" : "")
  tellSum(sum)
  return sum.failures.length === 0
}

const seed = numberOf("seed", values.seed)
const isHeld =
  seed === null
    ? await showMany(numberOf("from", values.from) ?? 0, numberOf("seeds", values.seeds) ?? 0)
    : await showOne(seed)
process.exitCode = isHeld ? 0 : 1
