/**
 * `npm run bench -- --budget`: where the processor time of one order goes, stage by stage. The service is profiled under load
 * in all its threads; each look at a thread counts for the stage of the innermost frame that belongs to one.
 *
 * Limits: what native code does outside of any JavaScript (the HTTP parser, the event loop) is reported as one stage. Profiling
 * itself costs a few percent, spread over all stages.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as pause } from "node:timers/promises"
import * as Processor from "../../src/adapters/system/processor.ts"
import { start } from "../support/service.ts"
import { HOLD_SECONDS } from "./contenders.ts"
import * as Load from "./load.ts"
import type { Scenario } from "./scenarios.ts"
import type { Scratch } from "./scratch.ts"
import { markdown } from "./table.ts"

interface Frame {
  readonly functionName: string
  readonly url: string
}

interface Node {
  readonly id: number
  readonly callFrame: Frame
  readonly children?: ReadonlyArray<number>
}

interface Profile {
  readonly nodes: ReadonlyArray<Node>
  readonly samples: ReadonlyArray<number>
  /** Microseconds since the look before. */
  readonly timeDeltas: ReadonlyArray<number>
}

type Stages = ReadonlyArray<readonly [stage: string, frame: RegExp]>

const ALWAYS: Stages = [
  ["idle", /^\((idle|root)\)/],
  ["garbage collection", /^\(garbage collector\)/],
  ["event loop, HTTP parser and other native code", /^\(program\)/],
]

/** In this order: the first that fits a frame. Frames are looked at from the innermost outwards. */
const MAIN: Stages = [
  ...ALWAYS,
  ["write to the socket", /^(writeUtf8String|writeLatin1String|writev|writeBuffer) /],
  ["hand over to the worker", /^postMessage |^(#send|add|flush|submit) .*threads\//],
  ["hear from the worker", /threads\//],
  ["claim and fingerprint", /adapters\/http\/claims/],
  ["read and decode the body", /^read .*hot-route|SchemaAST|SchemaCompiler|SchemaParser|Schema\.js/],
  ["metrics", /prom-client|prometheus/],
  ["encode the answer", /adapters\/http\/(views|answers)|HttpBody|HttpServerResponse|ports\/instant/],
  [
    "head of the answer, keep-alive",
    /^write .*hot-route|_http_outgoing|_http_server.*|internal\/streams\/writable|node:net/,
  ],
  ["head of the request", /_http_incoming|_http_common|internal\/streams\/readable|stream_base_commons/],
  ["route, ids, checks", /adapters\/http|system\/ids|internal\/crypto/],
  ["use case and fibers", /src\/app|src\/domain|effect\/dist/],
]

const WORKER: Stages = [
  ...ALWAYS,
  ["send the batch", /^writeBuffer |^writev /],
  ["encode the batch", /batch-columns|PgTypes|PgProtocol|PgConnection|sql-pg/],
  ["put the batch together", /inventory\/(batch|draft)|ports\/(facts|instant)|system\/ids|internal\/crypto/],
  ["hear from the main thread, answer it", /threads\/serve|^postMessage/],
  ["decide", /app\/inventory|src\/domain/],
  ["fibers and streams", /./],
]

const nameOf = ({ functionName, url }: Frame): string => `${functionName || "-"} ${url}`

/** Microseconds of each stage. */
const budgetOf = (profile: Profile, stages: Stages): ReadonlyMap<string, number> => {
  const nodes = new Map(profile.nodes.map((node) => [node.id, node]))
  const parents = new Map(profile.nodes.flatMap((node) => (node.children ?? []).map((child) => [child, node.id])))
  const known = new Map<number, string>()
  const stageOf = (id: number | undefined): string => {
    if (id === undefined) return "other"
    const before = known.get(id)
    if (before !== undefined) return before
    const name = nameOf(nodes.get(id)!.callFrame)
    const stage = stages.find(([, frame]) => frame.test(name))?.[0] ?? stageOf(parents.get(id))
    known.set(id, stage)
    return stage
  }
  const spent = new Map<string, number>()
  for (const [index, id] of profile.samples.entries()) {
    const stage = stageOf(id)
    spent.set(stage, (spent.get(stage) ?? 0) + (profile.timeDeltas[index] ?? 0))
  }
  spent.delete("idle")
  return spent
}

export interface Options {
  readonly seconds: number
  readonly warmUpSeconds: number
}

/** The service's start and a moment of load before the profile begins (ms). */
const SETTLING = 1_000

export const measure = async (scratch: Scratch, scenario: Scenario, { seconds, warmUpSeconds }: Options) => {
  const template = await scratch.template(scenario.contents)
  const bodies = scenario.bodies(await scratch.products(template))
  const database = await scratch.copy(template)
  const folder = mkdtempSync(join(tmpdir(), "jaego-budget-"))
  const warmUpMs = warmUpSeconds * 1_000 + 4_000
  const service = await start(
    {
      DATABASE_URL: scratch.urlOf(database),
      HOLD_SECONDS,
      FACTS: "off",
      WORKERS: "1",
      BENCH_PROFILE: `${folder} ${warmUpMs} ${seconds * 1_000}`,
    },
    ["--import", new URL("./cpu-probe.ts", import.meta.url).href],
  )
  try {
    const { answer, connections } = scenario
    const loading = Load.put(service.url, { connections, answer, bodies, seconds: seconds + warmUpSeconds + 6 })
    await pause(warmUpMs + SETTLING)
    const count = () => service.metric("http_server_request_duration_seconds_count", 'http_route="/v1/orders"')
    const [ordersBefore, postgresBefore] = [await count(), Processor.secondsOf(scratch.postmaster)]
    await pause((seconds - 2) * 1_000)
    const orders = (await count()) - ordersBefore
    const postgres = Processor.secondsOf(scratch.postmaster)
    await loading
    await service.stop()
    const rate = orders / (seconds - 2)
    const profiles = new Map(
      readdirSync(folder).map((file) => [
        Number.parseInt(file, 10),
        JSON.parse(readFileSync(join(folder, file), "utf8")) as Profile,
      ]),
    )
    const perOrder = (spent: number) => spent / (rate * seconds)
    const stages = [...profiles]
      .sort(([a], [b]) => a - b)
      .flatMap(([thread, profile]) => {
        const spent = budgetOf(profile, thread === 0 ? MAIN : WORKER)
        return [...spent].map(([stage, microseconds]) => ({
          thread: thread === 0 ? "main" : "worker",
          stage,
          microseconds: perOrder(microseconds),
        }))
      })
    const postgresUs = postgres === null ? null : ((postgres - postgresBefore!) / orders) * 1e6
    return { rate, postgresUs, stages }
  } finally {
    await service.kill()
    await scratch.drop(database)
    rmSync(folder, { recursive: true, force: true })
  }
}

export const text = ({ postgresUs, rate, stages }: Awaited<ReturnType<typeof measure>>): string => {
  const rows = ["main", "worker"].flatMap((thread) => {
    const own = stages.filter((each) => each.thread === thread).sort((a, b) => b.microseconds - a.microseconds)
    const all = own.reduce((sum, { microseconds }) => sum + microseconds, 0)
    return [
      [`**${thread} thread**`, all.toFixed(1)],
      ...own.map(({ microseconds, stage }) => [stage, microseconds.toFixed(1)]),
    ]
  })
  if (postgresUs !== null) rows.push(["**PostgreSQL**", postgresUs.toFixed(1)])
  return `${markdown(["stage", "microseconds an order"], rows)}\n\nat ${rate.toFixed(0)} orders a second`
}
