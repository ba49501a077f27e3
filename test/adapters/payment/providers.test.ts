/** Every payment provider keeps the contract; and over HTTP nothing that goes wrong on the way is taken for an answer. */
import { createServer, type RequestListener } from "node:http"
import type { AddressInfo } from "node:net"
import { Effect, Layer } from "effect"
import { describe, expect, it } from "vitest"
import * as Http from "../../../src/adapters/payment-http/payment.ts"
import * as Simulator from "../../../src/adapters/payment-simulator/server.ts"
import { type Confirmation, Payment } from "../../../src/ports/payment.ts"
import * as HttpCall from "../../../src/std/http-call.ts"
import { paymentContract } from "../../contracts/payment.ts"

const SOUND: Simulator.Faults = {
  ...{ declines: 0, actions: 0, late: 0 },
  ...{ slow: 0, silences: 0, errors: 0, resets: 0, lost: 0 },
}
const UNTOLD = { url: null, secret: "", manner: "none" } as const

const simulated = (faults: Partial<Simulator.Faults> = {}, rate = 0) =>
  Simulator.serve({ port: 0, faults: { ...SOUND, ...faults }, rate, webhooks: UNTOLD })

const over = (url: string) => Http.layer(HttpCall.endpoint(url)!)

paymentContract("over HTTP", Layer.unwrap(Effect.map(simulated(), over)))

const confirmation = (ref: string, more: Partial<Confirmation> = {}): Confirmation => ({
  ...{ key: ref, ref, attempt: 1, token: "tok_ok", customerId: "kim" },
  money: { amount: 500, currency: "EUR" },
  ...more,
})

const askedFor = (url: string, call: (payment: Payment["Service"]) => Effect.Effect<{ readonly _tag: string }>) =>
  Effect.map(Effect.provide(Effect.flatMap(Payment, call), over(url)), ({ _tag }) => _tag)

it("does not take it for a refund that the provider has never heard of the charge", async () => {
  const refund = Effect.flatMap(simulated(), (url) =>
    askedFor(url, (payment) => payment.refund("of another provider", { amount: 500, currency: "EUR" }, "r:1")),
  )
  expect(await Effect.runPromise(Effect.scoped(refund))).toBe("Absent")
})

type Call = (payment: Payment["Service"]) => Effect.Effect<{ readonly _tag: string }>

const CALLS: ReadonlyArray<readonly [string, Call]> = [
  ["confirm", ({ confirm }) => confirm(confirmation("a"))],
  ["read", ({ read }) => read("a", 1)],
  ["void", (payment) => payment.void("a")],
  ["refund", ({ refund }) => refund("a", { amount: 500, currency: "EUR" }, "a:refund:1")],
  ["list", ({ list }) => list(0, null)],
]

const answeredBy = (listener: RequestListener, call: Call) =>
  Effect.runPromise(
    Effect.gen(function* () {
      const server = createServer(listener)
      yield* Effect.acquireRelease(
        Effect.promise(() => new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))),
        () => Effect.sync(() => server.closeAllConnections()).pipe(Effect.andThen(Effect.sync(() => server.close()))),
      )
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
      return yield* Effect.provide(Effect.flatMap(Payment, call), over(url))
    }).pipe(Effect.scoped),
  )

const says = (status: number, body: string, headers: Record<string, string> = {}): RequestListener => {
  return (_, response) => response.writeHead(status, headers).end(body)
}

const TROUBLE: ReadonlyArray<readonly [string, RequestListener]> = [
  ["fails", says(500, '{"state":"charged"}')],
  ["redirects", says(307, "", { location: "http://127.0.0.1:1/" })],
  ["answers with no JSON", says(200, "charged")],
  ["answers with a state that has no meaning here", says(200, '{"state":"perhaps"}')],
  ["declines without a code", says(200, '{"state":"declined"}')],
  ["answers with more than may be read", says(200, `{"state":"charged","more":"${"x".repeat(70_000)}"}`)],
  ["hangs up", (request) => void request.socket.destroy()],
  ["answers with books of which a charge makes no sense", says(200, '{"charges":[{"key":"a"}],"next":null}')],
  ["is a gateway that finds nothing", says(404, "<html>")],
]

describe.each(CALLS)("%s", (_, call) => {
  it.each(TROUBLE)("is unknown when the provider %s", async (_, listener) => {
    expect((await answeredBy(listener, call))._tag).toBe("Unknown")
  })
})

/** Reads and confirms as the checkout does, until it is settled; how often the provider was asked in vain. */
const settle = (asked: Confirmation) =>
  Effect.gen(function* () {
    const payment = yield* Payment
    const within = <A>(call: Effect.Effect<A>) =>
      Effect.timeoutOrElse(call, { duration: "300 millis", orElse: () => Effect.succeed({ _tag: "Unknown" } as const) })
    let vain = 0
    let said: { readonly _tag: string } = yield* within(payment.confirm(asked))
    while (said._tag !== "Charged" && said._tag !== "Declined") {
      vain++
      said = yield* within(said._tag === "Absent" ? payment.confirm(asked) : payment.read(asked.ref, asked.attempt))
    }
    return { ended: said._tag, vain }
  })

const FAULTS: ReadonlyArray<keyof Simulator.Faults> = ["errors", "silences", "resets", "lost", "actions", "late"]

describe("the simulated provider", () => {
  it.each(FAULTS)(
    "with %s settles every charge in the end, once, as its books say",
    async (fault) => {
      const books = await Effect.runPromise(
        Effect.gen(function* () {
          const url = yield* simulated({ [fault]: 0.4 })
          const refs = Array.from({ length: 20 }, (_, index) => `${fault}-${index}`)
          const ended = yield* Effect.forEach(refs, (ref) => settle(confirmation(ref)), { concurrency: 20 }).pipe(
            Effect.provide(over(url)),
          )
          expect(ended.map((each) => each.ended)).toEqual(refs.map(() => "Charged"))
          expect(ended.some(({ vain }) => vain > 0)).toBe(true)
          return yield* Effect.promise(async () => (await fetch(`${url}/books`)).json() as Promise<object>)
        }).pipe(Effect.scoped),
      )
      expect(Object.values(books).map(({ state }) => state)).toEqual(Array.from({ length: 20 }, () => "charged"))
    },
    20_000,
  )

  it.each([
    ["kim+declined", "Declined"],
    ["kim+3ds", "ActionRequired"],
  ])("plays the mood of %s", async (customerId, tag) => {
    const said = Effect.gen(function* () {
      const url = yield* simulated()
      return yield* Effect.provide(
        Effect.flatMap(Payment, ({ confirm }) => confirm(confirmation("moody", { customerId }))),
        over(url),
      )
    })
    expect((await Effect.runPromise(Effect.scoped(said)))._tag).toBe(tag)
  })

  it("charges when the buyer has acted, at the place that the action names", async () => {
    const charged = Effect.gen(function* () {
      const payment = yield* Payment
      const asked = yield* payment.confirm(confirmation("acting", { token: "tok_action" }))
      if (asked._tag !== "ActionRequired") throw new Error(asked._tag)
      yield* Effect.promise(() => fetch(asked.action.url!))
      return yield* payment.read("acting", 1)
    })
    const program = Effect.flatMap(simulated(), (url) => Effect.provide(charged, over(url)))
    expect((await Effect.runPromise(Effect.scoped(program)))._tag).toBe("Charged")
  })

  it("answers 429 beyond its rate, which is unknown to the shop and no decline", async () => {
    const program = Effect.gen(function* () {
      const url = yield* simulated({}, 3)
      const tags = Effect.forEach(["1", "2", "3", "4", "5"], (ref) =>
        Effect.flatMap(Payment, ({ confirm }) => Effect.map(confirm(confirmation(ref)), ({ _tag }) => _tag)),
      )
      return yield* Effect.provide(tags, over(url))
    })
    const tags = await Effect.runPromise(Effect.scoped(program))
    expect(tags.slice(0, 3)).toEqual(["Charged", "Charged", "Charged"])
    expect(tags).toContain("Unknown")
  })
})
