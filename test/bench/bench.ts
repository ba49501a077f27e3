/**
 * `npm run bench`: how fast, beside two baselines, on a database of its own. Rounds are interleaved: in every round each
 * contender is measured once a scenario, in changing order, so that a slow minute of the machine falls on all of them. Another checkout
 * stands beside this one and they are loaded in turns, because the ratio is what is wanted.
 *
 *     npm run bench -- [--seconds N] [--rounds N] [--only hot,many] [--json FILE] [--verify]
 *     npm run bench -- --checkout DIR [...]   another checkout (with its node_modules) in the same rounds, and the ratio
 *     npm run bench -- --budget
 *     npm run bench -- --facts [--rounds N]
 *     npm run bench -- --replays [--rounds N]
 *     npm run bench -- --overload [--seconds N] [--only baskets-3w]
 *     npm run bench -- --greedy [--seconds N] [--rounds N]
 *     npm run bench -- --snapshot [--commits N] [--seconds N] [--rounds N]
 *     npm run bench -- --streams [--followers N] [--seconds N] [--rounds N]
 *     npm run bench -- --import [--rows N] [--seconds N] [--rounds N]
 *     npm run bench -- --reads [--only rate,lists,pages,crowds,redis] [--readers N] [--readings N] [--seconds N] [--rounds N]
 *     npm run bench -- --scrape [--seconds N]
 *     npm run bench -- --idle [--seconds N] [--rounds N] [--checkout DIR]
 *     npm run bench -- --payment [--rush N] [--dead N]
 *     npm run bench -- --large [--products N] [--orders N]
 */
import { writeFileSync } from "node:fs"
import { availableParallelism, cpus, totalmem } from "node:os"
import { parseArgs } from "node:util"
import * as Budget from "./budget.ts"
import { CONTENDERS, cliOf } from "./contenders.ts"
import * as Facts from "./facts.ts"
import * as Greedy from "./greedy.ts"
import * as Idle from "./idle.ts"
import * as Imports from "./imports.ts"
import * as Large from "./large.ts"
import { generator } from "./load.ts"
import * as Measurement from "./measurement.ts"
import * as Overload from "./overload.ts"
import * as Payment from "./payment.ts"
import * as Reads from "./reads.ts"
import * as Replays from "./replays.ts"
import { scenarios } from "./scenarios.ts"
import * as Scrape from "./scrape.ts"
import { Scratch } from "./scratch.ts"
import * as Snapshot from "./snapshot.ts"
import * as Streams from "./streams.ts"
import * as Table from "./table.ts"

const { values: flags } = parseArgs({
  options: {
    /** Of load a measurement, after the warm-up. */
    seconds: { type: "string", default: "8" },
    "warm-up": { type: "string", default: "4" },
    rounds: { type: "string", default: "3" },
    /** Names of scenarios and contenders, comma-separated; without it all. */
    only: { type: "string", default: "" },
    against: { type: "string" },
    checkout: { type: "string" },
    json: { type: "string" },
    verify: { type: "boolean", default: false },
    /** Where the time of one order goes, and nothing else. */
    budget: { type: "boolean", default: false },
    /** What it costs to bring facts out, and nothing else. */
    facts: { type: "boolean", default: false },
    /** What honest buyers get while others repeat themselves, and nothing else. */
    replays: { type: "boolean", default: false },
    /** What buyers get while five times as many come as can be served, and nothing else. */
    overload: { type: "boolean", default: false },
    /** What is left of the rate behind a snapshot that stays open, and nothing else; from how many commits on may be given. */
    snapshot: { type: "boolean", default: false },
    commits: { type: "string", default: "100000" },
    /** What others get beside a client that asks ten times as often as it may, and nothing else. */
    greedy: { type: "boolean", default: false },
    /** What streams of stock cost, and nothing else; how many may be given. */
    streams: { type: "boolean", default: false },
    followers: { type: "string", default: "5000" },
    /** How fast imports are, and what they cost a sale, and nothing else; rows of one may be given. */
    import: { type: "boolean", default: false },
    rows: { type: "string", default: "100000" },
    /** What reading costs, and nothing else; how many read one product at once, and how often while Redis is killed, may be given. */
    reads: { type: "boolean", default: false },
    readers: { type: "string", default: "10000" },
    readings: { type: "string", default: "1000000" },
    /** What a scrape of a busy service takes, and nothing else. */
    scrape: { type: "boolean", default: false },
    /** What a service costs that is asked nothing, and nothing else. */
    idle: { type: "boolean", default: false },
    /** What a slow and a dead payment provider cost, and nothing else: orders within five seconds, and seconds of being dead. */
    payment: { type: "boolean", default: false },
    rush: { type: "string", default: "20000" },
    dead: { type: "string", default: "60" },
    /** The large part, and nothing else; how large may be given. */
    large: { type: "boolean", default: false },
    products: { type: "string", default: "1000000" },
    orders: { type: "string", default: "5000000" },
  },
})

type Count =
  | "seconds"
  | "warm-up"
  | "rounds"
  | "products"
  | "orders"
  | "commits"
  | "followers"
  | "rush"
  | "dead"
  | "rows"
  | "readers"
  | "readings"

const whole = (name: Count): number => {
  const value = Number(flags[name])
  if (Number.isInteger(value) && value > 0) return value
  console.error(`bench: --${name} must be a whole number above 0, not "${flags[name]}"`)
  process.exit(1)
}

const only = flags.only.split(",").filter((name) => name !== "")
const chosen = scenarios.filter(
  ({ connections, name }) => only.length === 0 || only.includes(name) || only.includes(`${name}/${connections}`),
)

/** Null: there is no other checkout. Says in one line what is wrong with a folder that is none. */
const checkoutCli = (): string | null => {
  try {
    return flags.checkout === undefined ? null : cliOf(flags.checkout)
  } catch (error) {
    console.error(`bench: ${(error as Error).message}`)
    process.exit(1)
  }
}

const cli = checkoutCli()
const against = (flags.against ?? (cli === null ? "jaego,atomic,bare" : "jaego,checkout")).split(",")
const contenders = CONTENDERS.filter((each) => against.includes(each))
const rounds = whole("rounds")
/** Seconds of each load of a measurement. */
const turns = cli === null ? [whole("seconds")] : Measurement.turnsOf(whole("seconds"))
const options = { seconds: whole("seconds"), warmUpSeconds: whole("warm-up"), cli }

const machine = {
  processor: cpus()[0]?.model ?? "unknown",
  cores: availableParallelism(),
  memoryGiB: Math.round(totalmem() / 2 ** 30),
  node: process.version,
  platform: `${process.platform} ${process.arch}`,
}

const log = (line: string): void => void process.stderr.write(`${line}\n`)

const rotated = <A>(list: ReadonlyArray<A>, by: number): ReadonlyArray<A> =>
  list.map((_, index) => list[(index + by) % list.length]!)

/** Those that are measured side by side: beside another checkout all of them, otherwise each alone. */
const groups = (round: number): ReadonlyArray<ReadonlyArray<(typeof contenders)[number]>> => {
  const inTurn = rotated(contenders, round)
  return cli === null ? inTurn.map((each) => [each]) : [inTurn]
}

const measureAll = async (scratch: Scratch): Promise<ReadonlyArray<Measurement.Measurement>> => {
  const taken: Array<Measurement.Measurement> = []
  for (let round = 1; round <= rounds; round++)
    for (const scenario of chosen)
      for (const together of groups(round)) {
        const verify = flags.verify && round === rounds
        const each = await Measurement.take(scratch, scenario, together, round, { ...options, turns, verify })
        taken.push(...each)
        for (const { connections, contender, p99, rate, scenario: name } of each)
          log(`round ${round} ${name}/${connections} ${contender}: ${Math.round(rate)}/s, p99 ${p99.toFixed(1)} ms`)
      }
  return taken
}

/** The rounds of the scenarios. */
const everyday = async (scratch: Scratch) => {
  const measurements = await measureAll(scratch)
  const table = Table.rows(measurements)
  return { text: Table.text(table), json: { table, measurements } }
}

const hot = scenarios.find(({ connections, name }) => name === "hot" && connections === 256)!

const budget = async (scratch: Scratch) => {
  const found = await Budget.measure(scratch, hot, options)
  return { text: Budget.text(found), json: { budget: found } }
}

const facts = async (scratch: Scratch) => {
  const found = await Facts.measure(scratch, hot, { ...options, rounds, verify: flags.verify, log })
  return { text: Facts.text(found), json: { facts: found } }
}

const large = async (scratch: Scratch) => {
  const size = { products: whole("products"), orders: whole("orders") }
  const found = await Large.measure(scratch, { ...options, ...size, rounds, verify: flags.verify, log })
  return { text: Large.text(found), json: found }
}

const replays = async (scratch: Scratch) => {
  const found = await Replays.run(scratch, { ...options, rounds, log })
  return { text: Replays.text(found), json: { replays: found } }
}

const overload = async (scratch: Scratch) => {
  const scenario = only.length === 0 ? scenarios.find(({ name }) => name === Overload.SCENARIO)! : chosen[0]!
  const found = await Overload.measure(scratch, scenario, { ...options, log })
  return { text: Overload.text(found), json: { overload: found } }
}

const snapshot = async (scratch: Scratch) => {
  const found = await Snapshot.run(scratch, { seconds: options.seconds, commits: whole("commits"), rounds, log })
  return { text: Snapshot.text(found), json: { snapshot: found } }
}

const greedy = async (scratch: Scratch) => {
  const found = await Greedy.measure(scratch, hot, { seconds: options.seconds, rounds, log })
  return { text: Greedy.text(found), json: { greedy: found } }
}

const streams = async (scratch: Scratch) => {
  const found = await Streams.measure(scratch, hot, { ...options, streams: whole("followers"), rounds, log })
  return { text: Streams.text(found), json: { streams: found } }
}

const imports = async (scratch: Scratch) => {
  const found = await Imports.measure(scratch, hot, { ...options, rows: whole("rows"), rounds, log })
  return { text: Imports.text(found), json: { imports: found } }
}

const reads = async (scratch: Scratch) => {
  const sizes = { readers: whole("readers"), readings: whole("readings") }
  const found = await Reads.measure(scratch, { ...options, ...sizes, only, rounds, log })
  return { text: Reads.text(found), json: { reads: found } }
}

const scrape = async (scratch: Scratch) => {
  const paid = scenarios.find(({ connections, name }) => name === "hot-paid" && connections === 256)!
  const found = await Scrape.measure(scratch, paid, { ...options, log })
  return { text: Scrape.text(found), json: { scrape: found } }
}

const idle = async (scratch: Scratch) => {
  const found = await Idle.measure(scratch, { ...options, rounds, log })
  return { text: Idle.text(found), json: { idle: found } }
}

const payment = async (scratch: Scratch) => {
  const found = await Payment.measure(scratch, { rush: whole("rush"), dead: whole("dead"), log })
  return { text: Payment.text(found), json: { payment: found } }
}

const parts = {
  import: imports,
  streams,
  reads,
  overload,
  greedy,
  replays,
  large,
  facts,
  budget,
  snapshot,
  scrape,
  idle,
  payment,
}
const names = Object.keys(parts) as ReadonlyArray<keyof typeof parts>
const named = names.find((name) => flags[name])
const part = named === undefined ? everyday : parts[named]

// An interrupted run leaves nothing behind: services are killed as this process exits, and Postgres notices.
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(130))

const scratch = await (flags.snapshot || flags.reads ? Scratch.counting() : Scratch.open())
process.once("exit", scratch.remove)
try {
  const { cores, memoryGiB, node, processor } = machine
  log(`${cores} cores of ${processor}, ${memoryGiB} GiB, node ${node}, load by ${generator}`)
  const { json, text } = await part(scratch)
  const [server] = await scratch.query("select version(), current_setting('fsync') as fsync")
  console.log(text)
  if (flags.json !== undefined)
    writeFileSync(flags.json, `${JSON.stringify({ machine, server, generator, options, rounds, ...json }, null, 2)}\n`)
} finally {
  await scratch.close()
}
