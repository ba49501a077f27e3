/**
 * `npm run bench`: how fast, beside two baselines, on a database of its own. Rounds are interleaved: in every round each
 * contender is measured once a scenario, in changing order, so that a slow minute of the machine falls on all of them.
 *
 *     npm run bench -- [--seconds N] [--rounds N] [--only hot,many] [--json FILE] [--verify] [--large]
 */
import { writeFileSync } from "node:fs"
import { availableParallelism, cpus, totalmem } from "node:os"
import { parseArgs } from "node:util"
import { CONTENDERS } from "./contenders.ts"
import { generator } from "./load.ts"
import * as Measurement from "./measurement.ts"
import { scenarios } from "./scenarios.ts"
import { Scratch } from "./scratch.ts"
import * as Table from "./table.ts"

const { values: flags } = parseArgs({
  options: {
    /** Of load a measurement, after the warm-up. */
    seconds: { type: "string", default: "8" },
    "warm-up": { type: "string", default: "4" },
    rounds: { type: "string", default: "3" },
    /** Names of scenarios and contenders, comma-separated; without it all. */
    only: { type: "string", default: "" },
    against: { type: "string", default: CONTENDERS.join(",") },
    json: { type: "string" },
    verify: { type: "boolean", default: false },
    large: { type: "boolean", default: false },
  },
})

const whole = (name: "seconds" | "warm-up" | "rounds"): number => {
  const value = Number(flags[name])
  if (Number.isInteger(value) && value > 0) return value
  console.error(`bench: --${name} must be a whole number above 0, not "${flags[name]}"`)
  process.exit(1)
}

const only = flags.only.split(",").filter((name) => name !== "")
const chosen = scenarios.filter(
  ({ connections, name }) => only.length === 0 || only.includes(name) || only.includes(`${name}/${connections}`),
)
const contenders = CONTENDERS.filter((each) => flags.against.split(",").includes(each))
const rounds = whole("rounds")
const options = { seconds: whole("seconds"), warmUpSeconds: whole("warm-up") }

const machine = {
  processor: cpus()[0]?.model ?? "unknown",
  cores: availableParallelism(),
  memoryGiB: Math.round(totalmem() / 2 ** 30),
  node: process.version,
  platform: `${process.platform} ${process.arch}`,
}

const tell = (line: string): void => void process.stderr.write(`${line}\n`)

const rotated = <A>(list: ReadonlyArray<A>, by: number): ReadonlyArray<A> =>
  list.map((_, index) => list[(index + by) % list.length]!)

const measureAll = async (scratch: Scratch): Promise<ReadonlyArray<Measurement.Measurement>> => {
  const taken: Array<Measurement.Measurement> = []
  for (let round = 1; round <= rounds; round++)
    for (const scenario of chosen)
      for (const contender of rotated(contenders, round)) {
        const verify = flags.verify && round === rounds
        const one = await Measurement.take(scratch, scenario, contender, round, { ...options, verify })
        taken.push(one)
        const { connections, scenario: name } = one
        tell(
          `round ${round} ${name}/${connections} ${contender}: ${Math.round(one.rate)}/s, p99 ${one.p99.toFixed(1)} ms`,
        )
      }
  return taken
}

const scratch = await Scratch.open()
try {
  tell(
    `${machine.cores} cores of ${machine.processor}, ${machine.memoryGiB} GiB, node ${machine.node}, load by ${generator}`,
  )
  const measurements = await measureAll(scratch)
  const [server] = await scratch.query("select version(), current_setting('fsync') as fsync")
  const table = Table.rows(measurements)
  console.log(Table.text(table))
  if (flags.json !== undefined)
    writeFileSync(
      flags.json,
      `${JSON.stringify({ machine, server, generator, options, rounds, table, measurements }, null, 2)}\n`,
    )
} finally {
  await scratch.close()
}
