/** What a real service logs: JSON of all its threads, correlated by the request's id, with no word of a customer and no secret. */
import { afterAll, expect, it } from "vitest"
import * as Boxes from "../support/postgres.ts"
import { killAll, type Service, start, until } from "../support/service.ts"
import * as Trade from "../support/trade.ts"

afterAll(killAll)

interface Line {
  readonly level: string
  readonly message: string
  readonly thread: string
  readonly annotations: Readonly<Record<string, unknown>>
}

const textOf = ({ process: { stderr, stdout } }: Service): string => stdout + stderr
const linesOf = (service: Service): ReadonlyArray<Line> =>
  textOf(service)
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line))

const level = async (service: Service, order: unknown) => {
  const answer = await service.send("PUT", "/v1/admin/log-level", order)
  return [answer.status, answer.body]
}

/** Everything that a caller sends and no log may have. */
const SECRETS = {
  customerId: "telling-customer-mina",
  key: "telling-idempotency-key",
  token: "telling-card-token",
  reason: "telling-reason",
  secret: "telling-webhook-secret-0123456789",
}

const attempt = async (service: Service, productId: string) => {
  const { customerId, key, reason, token } = SECRETS
  const lines = [{ productId, quantity: 1 }]
  const headers = { "idempotency-key": key }
  const bought = await service.post("/v1/orders", { customerId, lines, payment: { token } }, headers)
  await service.post("/v1/orders", { customerId, lines: [{ productId, quantity: 10_000 }] })
  await service.post("/v1/orders", { customerId: `${customerId}\u0000`, lines })
  await service.post(`/v1/orders/${bought.body.id}/cancel`, { reason }, { "idempotency-key": `${key}-2` })
  await service.post("/v1/carrier/callbacks", { customerId }, { authorization: `Bearer ${SECRETS.secret}` })
  await service.get(`/v1/orders?customerId=${customerId}`)
}

/** Slower than any TRACE_SLOW_MS here, however fast the machine is. */
const SLOWLY = { payment: { token: "tok_delay_20" } }

it("says each failed and each slow request once, under the id its caller has, and nothing of customers or secrets", async () => {
  const service = await start({
    DATABASE_URL: await Boxes.freshDatabase(),
    WORKERS: "1",
    HTTP_THREADS: "1",
    LOG_FORMAT: "json",
    LOG_LEVEL: "trace",
    TRACE_SLOW_MS: "1",
    CARRIER_WEBHOOK_SECRET: SECRETS.secret,
  })
  const product = await Trade.create(service, 5)
  await attempt(service, product)
  const slow = await Trade.buy(service, product, { customerId: "c", ...SLOWLY })
  const requestId = slow.headers.get("x-request-id")
  const logged = () => linesOf(service).filter(({ annotations }) => annotations["requestId"] === requestId)
  await until("it is logged", async () => logged().length > 0)
  expect(logged()).toMatchObject([
    {
      level: "WARN",
      message: "a request was slow",
      thread: "http-0",
      annotations: { method: "POST", route: "/v1/orders", status: slow.status },
    },
  ])
  for (const word of Object.values(SECRETS)) expect(textOf(service)).not.toContain(word)
  expect(textOf(service)).not.toContain("telling")
})

it("logs less, in all threads, from the moment an operator orders it, and until then only", async () => {
  const service = await start({ STORE: "memory", LOG_FORMAT: "json", TRACE_SLOW_MS: "1" })
  const product = await Trade.create(service, 5)
  const buy = async () =>
    (await Trade.buy(service, product, { customerId: "c", ...SLOWLY })).headers.get("x-request-id")
  const isLogged = (requestId: string | null) =>
    linesOf(service).some(({ annotations }) => annotations["requestId"] === requestId)
  const before = await buy()
  await until("a slow request is logged", async () => isLogged(before))
  const error = { level: "error", until: null, configured: "info" }
  expect(await level(service, { level: "error" })).toEqual([200, error])
  const silent = await buy()
  const ended = { level: "none", until: new Date(Date.now() - 1).toISOString() }
  expect(await level(service, ended)).toEqual([200, { level: "info", until: null, configured: "info" }])
  const after = await buy()
  await until("it is logged again", async () => isLogged(after))
  expect(isLogged(silent)).toBe(false)
})
