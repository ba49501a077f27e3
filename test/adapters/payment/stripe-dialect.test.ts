/**
 * The simulated provider's Stripe dialect: each of its answers and events is one that Stripe's OpenAPI document knows, whole and
 * with nothing beside; and it keeps Stripe's rules of idempotency.
 */
import { readFileSync } from "node:fs"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { Ajv, type ValidateFunction } from "ajv"
import { Effect, Exit, Scope } from "effect"
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest"
import * as Simulator from "../../../src/adapters/payment-simulator/server.ts"
import * as Signature from "../../../src/std/webhook-signature.ts"
import { until } from "../../support/service.ts"
import * as StripeMock from "../../support/stripe-mock.ts"

const SECRET = "whsec_of_this_test_alone"

const NO_FAULTS: Simulator.Faults = {
  ...{ declines: 0, actions: 0, late: 0 },
  ...{ slow: 0, silences: 0, errors: 0, resets: 0, lost: 0 },
}

interface Answer {
  readonly status: number
  readonly headers: Headers
  // biome-ignore lint/suspicious/noExplicitAny: answers are looked at field by field
  readonly body: any
}

/** Stripe's schemas as JSON Schema: nothing beside what they name, and objects of others by their id, as they are unless asked for. */
const schemaOf = (node: unknown): unknown => {
  if (Array.isArray(node)) return node.map(schemaOf)
  if (typeof node !== "object" || node === null) return node
  const { nullable, "x-expansionResources": expandable, ...rest } = node as Record<string, unknown>
  const kept = expandable === undefined ? rest : { type: "string" }
  const schema = Object.fromEntries(Object.entries(kept).map(([name, value]) => [name, schemaOf(value)]))
  if (typeof schema["properties"] === "object" && schema["type"] === "object") schema["additionalProperties"] ??= false
  return nullable === true ? { anyOf: [schema, { type: "null" }] } : schema
}

const validators = () => {
  const { components } = JSON.parse(readFileSync(StripeMock.OPENAPI, "utf8"))
  const ajv = new Ajv({ strict: false, validateFormats: false, allErrors: false })
  ajv.addSchema({ components: schemaOf(components) }, "stripe")
  const known = new Map<string, ValidateFunction>()
  return (name: string): ValidateFunction => {
    const validate = known.get(name) ?? ajv.compile({ $ref: `stripe#/components/schemas/${name}` })
    known.set(name, validate)
    return validate
  }
}

describe.skipIf(StripeMock.isMissing)("the Stripe dialect", () => {
  let schema: ReturnType<typeof validators>
  let scope: Scope.Closeable
  let url: string
  let receiver: ReturnType<typeof createServer>
  const events: Array<{ readonly body: string; readonly signature: string }> = []

  const serve = (more: Partial<Simulator.Options> = {}) => {
    const hook = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/`
    const webhooks = { url: hook, secret: SECRET, manner: "normal" } as const
    const served = Simulator.serve({ dialect: "stripe", port: 0, faults: NO_FAULTS, rate: 0, webhooks, ...more })
    return Effect.runPromise(Effect.provideService(served, Scope.Scope, scope))
  }

  beforeAll(async () => {
    schema = validators()
    receiver = createServer(async (request, response) => {
      let body = ""
      for await (const part of request) body += String(part)
      events.push({ body, signature: String(request.headers["stripe-signature"]) })
      response.writeHead(200).end()
    })
    await new Promise<void>((resolve) => receiver.listen(0, "127.0.0.1", resolve))
    scope = await Effect.runPromise(Scope.make())
    url = await serve()
  })
  afterAll(async () => {
    await Effect.runPromise(Scope.close(scope, Exit.void))
    receiver.close()
  })
  beforeEach(() => {
    events.length = 0
  })

  /** As Stripe's document has it, whatever was asked. */
  const fits = (body: { readonly object?: string }): void => {
    const validate = schema(body.object ?? "error")
    expect(validate(body), JSON.stringify([validate.errors, body])).toBe(true)
  }

  const call = async (
    path: string,
    form: Record<string, string> | null = null,
    key: string | null = null,
    at = url,
  ) => {
    const response = await fetch(`${at}${path}`, {
      method: form === null ? "GET" : "POST",
      headers: { authorization: "Bearer sk_test_1", ...(key === null ? {} : { "idempotency-key": key }) },
      ...(form === null ? {} : { body: new URLSearchParams(form) }),
    })
    const body = (await response.json()) as Answer["body"]
    fits(body)
    return { status: response.status, headers: response.headers, body } as Answer
  }

  const INTENT = { amount: "1250", currency: "eur", "metadata[order]": "o-1", "metadata[customer]": "kim" }
  const created = async (more: Record<string, string> = {}): Promise<string> => {
    const { body, status } = await call("/v1/payment_intents", { ...INTENT, ...more })
    expect([status, body.status, body.amount]).toEqual([200, "requires_payment_method", 1_250])
    return `/v1/payment_intents/${body.id}`
  }

  it("charges, shows it, and gives it back once", async () => {
    const path = await created()
    expect((await call(`${path}/confirm`, { payment_method: "pm_card_visa" })).body.status).toBe("succeeded")
    const shown = await call(path)
    expect(shown.body).toMatchObject({ status: "succeeded", amount_received: 1_250, metadata: { order: "o-1" } })
    const refund = { payment_intent: shown.body.id }
    expect((await call("/v1/refunds", refund)).body).toMatchObject({ amount: 1_250, status: "succeeded" })
    expect((await call("/v1/refunds", refund)).body.error.code).toBe("charge_already_refunded")
    expect((await call(`${path}/cancel`, {})).body.error).toMatchObject({
      code: "payment_intent_unexpected_state",
      payment_intent: { status: "succeeded" },
    })
  })

  it("lists the newest first, page after page, with their charges", async () => {
    const paths = [await created(), await created(), await created()]
    for (const path of paths) await call(`${path}/confirm`, { payment_method: "pm_card_visa" })
    const query = "created[gte]=1&limit=2&expand[]=data.latest_charge"
    const ids: Array<string> = []
    const page = async (more: string) => {
      const response = await fetch(`${url}/v1/payment_intents?${query}${more}`, {
        headers: { authorization: "Bearer sk_test_1" },
      })
      const { data, has_more } = (await response.json()) as { readonly data: Array<Answer["body"]>; has_more: boolean }
      for (const each of data) {
        fits(each.latest_charge)
        fits({ ...each, latest_charge: each.latest_charge.id })
        ids.push(each.id)
      }
      return has_more
    }
    expect(await page("")).toBe(true)
    await page(`&starting_after=${ids.at(-1)}`)
    expect(ids.slice(0, 3)).toEqual(paths.map((path) => path.split("/").at(-1)).reverse())
  })

  it.each([
    ["pm_card_chargeDeclined", "insufficient_funds"],
    ["pm_card_visa_chargeDeclinedFraudulent", "fraudulent"],
  ])("declines %s", async (method, reason) => {
    const path = await created()
    const said = await call(`${path}/confirm`, { payment_method: method })
    expect([said.status, said.body.error.decline_code]).toEqual([402, reason])
    expect((await call(path)).body).toMatchObject({
      status: "requires_payment_method",
      last_payment_error: { decline_code: reason },
    })
  })

  it.each([
    [{ return_url: "https://shop.example/" }, "redirect_to_url"],
    [{}, "use_stripe_sdk"],
  ])("asks the buyer to act, %j", async (where, type) => {
    const path = await created()
    const method = "pm_card_authenticationRequired"
    const said = await call(`${path}/confirm`, { payment_method: method, ...where } as Record<string, string>)
    expect(said.body).toMatchObject({ status: "requires_action", next_action: { type } })
    await fetch(`${url}/act/${said.body.id}?how=refuse`)
    expect((await call(path)).body.last_payment_error.code).toBe("payment_intent_authentication_failure")
  })

  it("shows a charge that is running, and cancels it", async () => {
    const path = await created()
    const running = call(`${path}/confirm`, { payment_method: "tok_delay_60000" })
    await until("it runs", async () => (await call(path)).body.status === "processing")
    expect((await call(`${path}/cancel`, {})).body.status).toBe("canceled")
    expect((await running).body.error.payment_intent.status).toBe("canceled")
  })

  it("gives the first answer under a key again, and says that it does", async () => {
    const path = await created()
    const first = await call(`${path}/confirm`, { payment_method: "pm_card_chargeDeclined" }, "k-1")
    expect(first.headers.get("idempotent-replayed")).toBe(null)
    const again = await call(`${path}/confirm`, { payment_method: "pm_card_chargeDeclined" }, "k-1")
    expect([again.status, again.body, again.headers.get("idempotent-replayed")]).toEqual([402, first.body, "true"])
  })

  it("keeps an answer of 500 under its key too", async () => {
    const path = await created()
    for (const replayed of [null, "true"]) {
      const said = await call(`${path}/confirm`, { payment_method: "tok_unknown_charged" }, "k-2")
      expect([said.status, said.headers.get("idempotent-replayed")]).toEqual([500, replayed])
    }
    expect((await call(path)).body.status).toBe("succeeded")
  })

  it("takes no other parameters under a key, and no second request while the first runs", async () => {
    const path = await created()
    const running = call(`${path}/confirm`, { payment_method: "tok_delay_60000" }, "k-3")
    await until("it runs", async () => (await call(path)).body.status === "processing")
    expect((await call(`${path}/confirm`, { payment_method: "tok_delay_60000" }, "k-3")).status).toBe(409)
    const other = await call(`${path}/confirm`, { payment_method: "tok_ok" }, "k-3")
    expect([other.status, other.body.error.type]).toEqual([400, "idempotency_error"])
    await call(`${path}/cancel`, {})
    await running
  })

  it("keeps nothing under a key whose parameters it refused", async () => {
    expect((await call("/v1/payment_intents", { ...INTENT, amount: "many" }, "k-4")).status).toBe(400)
    expect((await call("/v1/payment_intents", INTENT, "k-4")).status).toBe(200)
  })

  it("has errors for a stranger, for what is not there, and for too much", async () => {
    const stranger = await fetch(`${url}/v1/payment_intents/pi_1`)
    expect(stranger.status).toBe(401)
    fits((await stranger.json()) as object)
    expect((await call("/v1/payment_intents/pi_1")).status).toBe(404)
    const busy = await serve({ rate: 1 })
    expect((await call("/v1/payment_intents", INTENT, null, busy)).status).toBe(200)
    expect((await call("/v1/payment_intents", INTENT, null, busy)).status).toBe(429)
    const ill = await serve({ faults: { ...NO_FAULTS, errors: 1 } })
    expect((await call("/v1/payment_intents", INTENT, null, ill)).status).toBe(500)
  })

  it("reports what has changed, signed", async () => {
    const paths = [await created(), await created(), await created()] as const
    await call(`${paths[0]}/confirm`, { payment_method: "pm_card_visa" })
    await call(`${paths[1]}/confirm`, { payment_method: "pm_card_chargeDeclined" })
    await call(`${paths[2]}/cancel`, {})
    await call("/v1/refunds", { payment_intent: paths[0].split("/").at(-1)! })
    await until("four events", () => events.length === 4)
    const news = events.map(({ body, signature }) => {
      expect(Signature.isTrue(Signature.read(signature)!, [SECRET], Buffer.from(body))).toBe(true)
      const event = JSON.parse(body)
      fits(event)
      fits(event.data.object)
      return event.type
    })
    expect(news.sort()).toEqual([
      "payment_intent.canceled",
      "payment_intent.payment_failed",
      "payment_intent.succeeded",
      "refund.created",
    ])
  })
})
