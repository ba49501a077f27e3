/**
 * Trouble with the payment provider, with the real service and `jaego simulate payment` as processes: more orders at once than the
 * provider can take, and a provider that is dead for a while under load. what buyers were answered is held against what became of it.
 */

import { once } from "node:events"
import { Agent, request } from "node:http"
import { createServer, connect as dial, type Server, type Socket } from "node:net"
import { text } from "node:stream/consumers"
import { PgClient } from "@effect/sql-pg"
import { Effect } from "effect"
import * as PostgresClient from "../../src/adapters/postgres/client.ts"
import { CLI, Process, type Service, start, until } from "./service.ts"
import * as Trade from "./trade.ts"

export interface Ground {
  /** Migrated, empty, and of this run alone. */
  readonly databaseUrl: string
  /** Requests a second that the provider takes, and that the service sends it. */
  readonly rate: number
  readonly holdSeconds: number
  readonly graceSeconds: number
  /** How long a buyer waits for the outcome at most; DEADLINE_MS unless given. */
  readonly deadlineMs?: number
}

const DEADLINE_MS = 2_000

/** The way to the provider, which can be cut: connections are refused, and its books stay. */
class Road {
  readonly #to: number
  readonly #sockets = new Set<Socket>()
  #server: Server | null = null
  #port = 0

  constructor(to: number) {
    this.#to = to
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`
  }

  async open(): Promise<void> {
    this.#server = createServer((caller) => {
      const provider = dial(this.#to, "127.0.0.1")
      for (const [one, other] of [
        [caller, provider],
        [provider, caller],
      ] as const) {
        this.#sockets.add(one)
        one.pipe(other)
        one.on("error", () => other.destroy()).on("close", () => this.#sockets.delete(one) && other.destroy())
      }
    }).listen(this.#port, "127.0.0.1")
    await once(this.#server, "listening")
    this.#port = (this.#server.address() as { readonly port: number }).port
  }

  cut(): void {
    this.#server?.close()
    for (const socket of this.#sockets) socket.destroy()
  }
}

interface Placed {
  readonly id: string
  readonly status: number
  /** Ms since 1970; null: none was foreseen. */
  readonly eta: number | null
  /** When it was to be sent, and how long the answer took from then, ms. */
  readonly at: number
  readonly tookMs: number
}

const query = ({ databaseUrl }: Ground, statement: string) =>
  Effect.runPromise(
    Effect.provide(
      Effect.flatMap(PgClient.PgClient, (sql) => sql.unsafe<{ readonly [name: string]: unknown }>(statement)),
      PostgresClient.layer(databaseUrl),
    ),
  )

/** Between two looks whether all is settled, ms. */
const LOOK_MS = 200

const settled = async (ground: Ground): Promise<boolean> => {
  await new Promise((resolve) => setTimeout(resolve, LOOK_MS))
  const rows = await query(
    ground,
    "select 1 from orders where attempt_token is not null or refund = 'due' or status = 'reserved' limit 1",
  )
  return rows.length === 0
}

/** A shorter wait, ms, is the deadline's: half a second more or less is all of it. */
const LONG_MS = 2_000

/** What holds for every order once nothing is left to do. */
export interface Ends {
  readonly paid: number
  readonly expired: number
  readonly others: number
  readonly refunds: number
  /** Orders whose state and whose charge in the provider's books contradict each other. */
  readonly contradictions: number
}

const ends = async (ground: Ground, books: { readonly [key: string]: { readonly state: string } }): Promise<Ends> => {
  const rows = await query(ground, "select id, status, refund from orders")
  const count = (is: (row: (typeof rows)[number]) => boolean) => rows.filter(is).length
  const isCharged = (id: unknown) => books[String(id)]?.state === "charged"
  return {
    paid: count(({ status }) => status === "paid"),
    expired: count(({ status }) => status === "expired"),
    others: count(({ status }) => status !== "paid" && status !== "expired"),
    refunds: count(({ refund }) => refund !== "none"),
    contradictions: count(({ id, status }) => isCharged(id) !== (status === "paid")),
  }
}

const places = (sorted: ReadonlyArray<number>, share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0

export const quantile = (values: ReadonlyArray<number>, share: number): number =>
  places(
    values.toSorted((a, b) => a - b),
    share,
  )

const within = async (ground: Ground, work: (service: Service, road: Road, product: string) => Promise<void>) => {
  const provider = new Process(
    process.execPath,
    [CLI, "simulate", "payment", "--port", "0", "--rate", String(ground.rate)],
    {},
  )
  const providerUrl = await until(
    "the provider says where it is",
    () => /ready at (http\S+?);/.exec(provider.stdout)?.[1],
  )
  const road = new Road(Number(new URL(providerUrl).port))
  await road.open()
  const service = await start({
    DATABASE_URL: ground.databaseUrl,
    PAYMENT: "http",
    PAYMENT_URL: road.url,
    PAYMENT_RATE: String(ground.rate),
    HOLD_SECONDS: String(ground.holdSeconds),
    PAYMENT_GRACE_SECONDS: String(ground.graceSeconds),
    PAYMENT_DEADLINE_MS: String(Math.min(ground.deadlineMs ?? DEADLINE_MS, ground.holdSeconds * 1_000)),
  })
  try {
    const product = await Trade.create(service, 1_000_000)
    await work(service, road, product)
    const books = (await (await fetch(`${providerUrl}/books`)).json()) as Parameters<typeof ends>[1]
    return await ends(ground, books)
  } finally {
    await service.stop()
    road.cut()
    provider.signal("SIGKILL")
    await provider.ended
  }
}

interface Answered {
  readonly status: number
  readonly body: { readonly id?: string; readonly payment?: { readonly eta?: string } }
}

/** Connections of the crowd: those who find none free wait for one, and their time runs. */
const agent = new Agent({ keepAlive: true, maxSockets: 256 })

const post = (service: Service, product: string, headers: Record<string, string>): Promise<Answered> =>
  new Promise((resolve, reject) => {
    const lines = [{ productId: product, quantity: 1 }]
    const body = JSON.stringify({ customerId: "kim", lines, payment: { token: "tok_ok" } })
    const head = { "content-type": "application/json", "idempotency-key": Trade.newKey(), ...headers }
    const asking = request(`${service.url}/v1/orders`, { agent, method: "POST", headers: head }, (response) => {
      text(response).then(
        (answer) => resolve({ status: response.statusCode ?? 0, body: JSON.parse(answer) as Answered["body"] }),
        reject,
      )
    })
    asking.on("error", reject).end(body)
  })

/** An open model: one each `1 / perSecond`, whatever becomes of them. */
const crowd = async (
  service: Service,
  product: string,
  { count, headers, perSecond }: { count: number; perSecond: number; headers: Record<string, string> },
): Promise<ReadonlyArray<Placed>> => {
  const begun = performance.now()
  const clockBegun = Date.now()
  const one = async (at: number): Promise<Placed> => {
    const { body, status } = await post(service, product, headers)
    const eta = body.payment?.eta
    return {
      id: body.id ?? "",
      status,
      eta: eta === undefined ? null : Date.parse(eta),
      at: clockBegun + at,
      tookMs: performance.now() - begun - at,
    }
  }
  const all: Array<Promise<Placed>> = []
  for (let sent = 0; sent < count; ) {
    const due = Math.min(count, Math.ceil(((performance.now() - begun) * perSecond) / 1_000))
    for (; sent < due; sent++) all.push(one((sent * 1_000) / perSecond))
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  return Promise.all(all)
}

export interface Rush extends Ends {
  readonly placed: number
  /** 503 `payment-backlog`. */
  readonly refused: number
  /** Answers that foresaw when the order is charged, of waits of LONG_MS and more, and by what share of the wait they were off. */
  readonly foreseen: number
  readonly offMedian: number
  readonly offP99: number
  readonly lastPaidMs: number
  readonly turns: ReadonlyArray<Turn>
}

/** An order that was paid, ms since 1970. `eta`: as it was foreseen when it was placed; null: it was not. */
export interface Turn {
  readonly placed: number
  readonly paid: number
  readonly eta: number | null
}

/** When each order's event of this type was written, ms since 1970. */
const timesOf = async (ground: Ground, type: string): Promise<ReadonlyMap<string, number>> => {
  const rows = await query(ground, `select subject as id, occurred_at as at from outbox where type like '%${type}%'`)
  return new Map(rows.map(({ at, id }) => [String(id), new Date(String(at)).getTime()]))
}

/** `orders` within `seconds`, more than the provider can take. */
export const rush = async (ground: Ground, orders: number, seconds: number): Promise<Rush> => {
  let placed: ReadonlyArray<Placed> = []
  let begun = 0
  const outcome = await within(ground, async (service, _, product) => {
    begun = Date.now()
    // None waits for its outcome: those who do keep their connection, and the crowd would come no faster than it is charged.
    const headers = { prefer: "respond-async" }
    placed = await crowd(service, product, { count: orders, perSecond: orders / seconds, headers })
    const patienceMs = (ground.holdSeconds + ground.graceSeconds + 60) * 1_000
    await until("every order has come to its end", () => settled(ground), patienceMs)
  })
  const [placedAt, paidAt] = await Promise.all([timesOf(ground, "order.placed"), timesOf(ground, "order.paid")])
  const off = placed.flatMap(({ at, eta, id }) => {
    const paid = paidAt.get(id)
    return eta === null || paid === undefined || paid - at < LONG_MS ? [] : [Math.abs(paid - eta) / (paid - at)]
  })
  return {
    ...outcome,
    placed: placed.filter(({ status }) => status < 300).length,
    refused: placed.filter(({ status }) => status === 503).length,
    foreseen: off.length,
    offMedian: quantile(off, 0.5),
    offP99: quantile(off, 0.99),
    lastPaidMs: Math.max(...paidAt.values()) - begun,
    turns: placed.flatMap(({ eta, id }): ReadonlyArray<Turn> => {
      const [begun, paid] = [placedAt.get(id), paidAt.get(id)]
      return begun === undefined || paid === undefined ? [] : [{ placed: begun, paid, eta }]
    }),
  }
}

export interface Outage extends Ends {
  readonly placed: number
  /** Of placing alone (`Prefer: respond-async`), ms: before, and while the provider is dead. */
  readonly p99BeforeMs: number
  readonly p99DeadMs: number
  /** Of those who wait for the outcome, while it is dead. */
  readonly p99WaitingMs: number
  /** Calls a second that were made to it while it was dead, from the moment the circuit opened. */
  readonly callsPerSecond: number
  /** From its return until every order had come to its end. */
  readonly settledMs: number
}

const CALLS = "jaego_dependency_calls_total"

/** The provider is dead for `seconds`, with `perSecond` orders placed before and meanwhile, half of which wait for their outcome. */
export const outage = async (ground: Ground, seconds: number, perSecond: number): Promise<Outage> => {
  const all: Array<Placed> = []
  const found = { p99BeforeMs: 0, p99DeadMs: 0, p99WaitingMs: 0, callsPerSecond: 0, settledMs: 0 }
  const outcome = await within(ground, async (service, road, product) => {
    const load = async (forSeconds: number) => {
      const half = { count: Math.ceil((forSeconds * perSecond) / 2), perSecond: perSecond / 2 }
      const [alone, waiting] = await Promise.all([
        crowd(service, product, { ...half, headers: { prefer: "respond-async" } }),
        crowd(service, product, { ...half, headers: {} }),
      ])
      all.push(...alone, ...waiting)
      const p99 = (placed: ReadonlyArray<Placed>) =>
        quantile(
          placed.map(({ tookMs }) => tookMs),
          0.99,
        )
      return [p99(alone), p99(waiting)] as const
    }
    // Warm first: what is measured is the provider, not the compiler.
    await load(seconds / 4)
    found.p99BeforeMs = (await load(seconds))[0]
    const dependency = 'dependency="payment"'
    road.cut()
    const watching = (async () => {
      await until(
        "the circuit opens",
        async () => (await service.metric("jaego_circuit_state", `${dependency},state="open"`)) === 1,
      )
      return { at: performance.now(), calls: await service.metric(CALLS, dependency) }
    })()
    ;[found.p99DeadMs, found.p99WaitingMs] = await load(seconds)
    const opened = await watching
    const calls = (await service.metric(CALLS, dependency)) - opened.calls
    found.callsPerSecond = (calls * 1_000) / (performance.now() - opened.at)
    await road.open()
    const returned = performance.now()
    await until("every order has come to its end", () => settled(ground), 180_000)
    found.settledMs = performance.now() - returned
  })
  return { ...outcome, ...found, placed: all.filter(({ status }) => status < 300).length }
}
