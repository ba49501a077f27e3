/**
 * A payment provider with every fault at once, as a process of its own, while people buy: it declines, has buyers act who do so late or
 * never, charges after it was given up, is slow or silent, fails, breaks connections, and loses its answers. Its webhooks come as they
 * should, twice, late, in the wrong order, or never, in turn.
 *
 * Each fault is counted by the provider, as it was really played: a webhook when the service had acknowledged it.
 * In the end everything rests, and I14 is judged by the provider's own books: of each order exactly what its state says is owed is
 * there, no buyer was charged or refunded twice, and the reconciliation of the service finds nothing.
 */
import { CLI, Process, until } from "../support/service.ts"
import { freePort } from "../support/shipping.ts"
import type { Findings, Options } from "./campaign.ts"
import { judgeRest } from "./judge.ts"
import { play, type Stage } from "./stage.ts"

/** Chances of each, as `jaego simulate payment` takes them. */
const FAULTS = {
  ...{ declines: 0.1, actions: 0.15, late: 0.25, slow: 0.1 },
  ...{ silences: 0.05, errors: 0.1, resets: 0.1, lost: 0.1 },
}
type Fault = keyof typeof FAULTS
const NAMES = Object.keys(FAULTS) as ReadonlyArray<Fault>
/** Of webhooks; those within a charge were overtaken by what happened later to the same charge. */
const WEBHOOKS = ["duplicate", "late", "reordered", "reorderedWithinCharge", "none"] as const

/** What the provider has counted. */
type Counts = Readonly<Record<Fault | "abandoned", number>> & {
  readonly webhooks: Readonly<Record<(typeof WEBHOOKS)[number] | "told" | "refused" | "pending", number>>
}

const SECRET = "a secret that both know"

/** Asks the buyer to act, who never does. */
const ABANDONED = "tok_action"

/** Faults are frequent, so that calls are given up soon and none is spared; holds are short, so that late charges come too late. */
const ENV = {
  PAYMENT: "http",
  PAYMENT_TIMEOUT_MS: "400",
  PAYMENT_DEADLINE_MS: "1000",
  PAYMENT_RATE: "2000",
  PAYMENT_GRACE_SECONDS: "1",
  PAYMENT_RECONCILE: "off",
  PAYMENT_WEBHOOK_SECRET: SECRET,
  HOLD_SECONDS: "3",
  BREAKER_MODE: "off",
}

const PAYMENTS = [
  ...["later", { token: "tok_ok" }, { token: "tok_ok" }, { token: "tok_ok" }, { token: "tok_ok" }],
  ...[{ token: "tok_ok", onDecline: "keep" }, { token: ABANDONED }, { token: "tok_decline" }],
]

/** Shoppers at a time: most of them wait for an outcome, and are no load. Those whose payment is under way come back after this, ms. */
const SHOPPERS = 64
const COME_BACK_MS = 500
/** Those who have paid think better of it too, and often: the news of what was given back overtakes the news of its charge. */
const REGRET = { remembered: ["reserved", "paid"], cancels: 2 }

/** Longest until each fault has come about as often as is asked for, ms, for each time; and until all is acknowledged. They end what hangs. */
const EACH_MS = 1_500
const LEAST_MS = 600_000
const TOLD_MS = 300_000
/** One call to the provider that we make ourselves: a busy machine keeps us waiting for seconds, silence for ever. */
const ASKED_MS = 10_000

/** What it shows of a charge; of one that is still running, nothing. */
interface Account {
  readonly money: { readonly amount: number } | null
  readonly state: string
}

interface Row {
  readonly id: string
  readonly status: string
  readonly refund: string
  readonly total: number
}

/** `callbacks`: where the service will be. */
const simulate = async (callbacks: string) => {
  const chances = NAMES.flatMap((name) => [`--${name}`, String(FAULTS[name])])
  const flags = [...["--port", "0", "--callbacks", callbacks, "--webhooks", "mixed"], ...chances]
  const env = { PAYMENT_WEBHOOK_SECRET: SECRET }
  const child = new Process(process.execPath, [CLI, "simulate", "payment", ...flags], env)
  const url = await until("the provider is ready", () => /ready at (http:\/\/[^\s;]+)/.exec(child.stdout)?.[1])
  return { child, url }
}

const asked = <A>(url: string): Promise<A> =>
  until(
    `an answer from ${new URL(url).pathname}`,
    async () => {
      const response = await fetch(url, { signal: AbortSignal.timeout(ASKED_MS) })
      return response.ok ? ((await response.json()) as A) : null
    },
    TOLD_MS,
  )

/** What was taken and what was given back, by key. No fault befalls this look at the books; the reconciliation of the service has them all. */
const booksOf = async (provider: string) => {
  const accounts = Object.entries(await asked<Readonly<Record<string, Account>>>(`${provider}/books`))
  return new Map(
    accounts.map(([key, { money, state }]) => {
      const amount = money?.amount ?? 0
      const captured = state === "charged" || state === "refunded" ? amount : 0
      return [key, { captured, refunded: state === "refunded" ? amount : 0 }] as const
    }),
  )
}

const LIVE: ReadonlyArray<string> = ["paid", "shipped", "delivered"]

/** I14 of every order, and no charge that is none's. */
const judgeMoney = async (stage: Stage, provider: string): Promise<void> => {
  const books = await booksOf(provider)
  const orders = await stage.entrance.query<Row>(
    "select id::text as id, status, refund, total_amount::float8 as total from orders",
  )
  for (const { id, refund, status, total } of orders) {
    const { captured, refunded } = books.get(id) ?? { captured: 0, refunded: 0 }
    books.delete(id)
    const owed = LIVE.includes(status) ? total : 0
    if (captured - refunded !== owed || captured > total)
      stage.violations.push(
        `I14: order ${id} is ${status} (refund ${refund}): ${owed} is owed, ${captured} taken, ${refunded} given back`,
      )
  }
  for (const [key, { captured }] of books)
    if (captured > 0) stage.violations.push(`I14: ${key} was charged, and is no order`)
  stage.figures["orders held against the provider's books"] = orders.length
  stage.log(`${orders.length} orders compared with the provider's books`)
}

interface Reconciliation {
  readonly running: boolean
  readonly last: { readonly outcome: string; readonly matched: number; readonly differences: ReadonlyArray<unknown> }
}

/** What the service itself says. */
const reconcile = async ({ service, violations }: Stage): Promise<void> => {
  const path = "/v1/admin/reconciliation"
  const last = await until(
    "the books were compared",
    async () => {
      await service.post(path, {})
      await until("the comparison has ended", async () => !(await service.get(path)).body.running, 60_000)
      const { last } = (await service.get(path)).body as Reconciliation
      return last.outcome === "provider" ? null : last
    },
    180_000,
  )
  if (last.outcome !== "compared" || last.matched === 0)
    violations.push(`the books could not be compared: ${last.outcome}`)
  for (const difference of last.differences) violations.push(`reconciliation: ${JSON.stringify(difference)}`)
}

/** What befalls a charge or a request, as the report names it. */
const NAME_OF_FAULT = {
  ...{ declines: "declined", actions: "action required", late: "charged late" },
  ...{ slow: "slow", silences: "silent", errors: "error", resets: "connection reset", lost: "answer lost" },
}
const NAME_OF_WEBHOOK = {
  ...{ duplicate: "webhook twice", late: "webhook late", reordered: "webhook overtaken" },
  ...{ reorderedWithinCharge: "webhook overtaken by its own charge's", none: "webhook never sent" },
}

/** How often each has come about, by name. */
const timesOf = (counts: Counts): ReadonlyArray<readonly [string, number]> => [
  ...NAMES.map((name) => [NAME_OF_FAULT[name], counts[name]] as const),
  ["action required, and abandoned", counts.abandoned],
  ...WEBHOOKS.map((name) => [NAME_OF_WEBHOOK[name], counts.webhooks[name]] as const),
]

/** All that was acknowledged was heard, and none of it was taken for a stranger's or for news of no charge of ours. */
const judgeWebhooks = async ({ service, violations }: Stage, { webhooks }: Counts): Promise<void> => {
  const heard = (what: string) => service.metric("jaego_payment_webhooks_total", `heard="${what}"`)
  const [news, known, ignored] = await Promise.all([heard("news"), heard("known"), heard("ignored")])
  const acknowledged = webhooks.told + webhooks.duplicate
  if (news + known < acknowledged || known === 0 || ignored > 0)
    violations.push(`of ${acknowledged} webhooks ${news} were news, ${known} known and ${ignored} ignored`)
  if (webhooks.refused > 0) violations.push(`${webhooks.refused} webhooks were refused`)
}

const trouble = async (stage: Stage, provider: string, times: number): Promise<void> => {
  const { shoppers } = stage
  const counted = () => asked<Counts>(`${provider}/faults`)
  const isEnough = async () => timesOf(await counted()).every(([, count]) => count >= times)
  await until("each fault has come about often enough", isEnough, LEAST_MS + times * EACH_MS)
  await shoppers.close()
  await shoppers.settle(60_000)
  stage.violations.push(...(await judgeRest(stage.databaseUrl)).violations)
  // Those that come when all is at rest change nothing either.
  const counts = await until(
    "every webhook was acknowledged",
    async () => {
      const now = await counted()
      return now.webhooks.pending === 0 && now
    },
    TOLD_MS,
  )
  for (const [name, count] of timesOf(counts)) stage.faults.add(name, count)
  await judgeWebhooks(stage, counts)
  await judgeMoney(stage, provider)
  await reconcile(stage)
}

export const run = async (options: Options): Promise<Findings> => {
  const port = String(await freePort())
  const { child, url } = await simulate(`http://127.0.0.1:${port}/v1/payments/webhooks/http`)
  try {
    const crowd = { payments: PAYMENTS, size: SHOPPERS, patienceMs: COME_BACK_MS, ...REGRET }
    const settings = {
      ...{ campaign: "payment-trouble", databaseUrl: await options.freshDatabase() },
      ...{ env: { ...ENV, PORT: port, PAYMENT_URL: url }, crowd },
      patienceMs: "promised" as const,
    }
    return await play(settings, options, (stage) => trouble(stage, url, options.times))
  } finally {
    child.signal("SIGKILL")
    await child.ended
  }
}
