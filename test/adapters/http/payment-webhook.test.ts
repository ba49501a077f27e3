/** What payment providers call with: heard when its signature is true and fresh, refused in clear words when it is not. */

import { Effect } from "effect"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import type { Hint } from "../../../src/app/payment-webhook.ts"
import { unavailable } from "../../../src/ports/failures.ts"
import * as Signature from "../../../src/std/webhook-signature.ts"
import * as HttpServer from "../../support/http-server.ts"

const ORDER = "019aa000-0000-7000-8000-000000000000"
const AT = "2026-06-01T12:00:00.000Z"

const received: Array<Hint> = []
let shop: HttpServer.Running
beforeAll(async () => {
  shop = await HttpServer.start({
    hearPayment: (hint) => {
      if (hint.id === "later") return Effect.fail(unavailable("standby"))
      const heard = received.some(({ id }) => id === hint.id) ? "known" : "news"
      received.push(hint)
      return Effect.succeed(heard)
    },
  })
})
afterAll(() => shop.stop())

interface Provider {
  readonly header: string
  readonly secrets: ReadonlyArray<string>
  readonly news: (id: string) => object
  readonly hint: (id: string) => Hint
}

const PROVIDERS: Readonly<Record<"http" | "stripe", Provider>> = {
  http: {
    header: "payment-signature",
    secrets: HttpServer.PAYMENT_SECRETS.http,
    news: (id) => ({ id, type: "charge.changed", key: ORDER, at: AT }),
    hint: (id) => ({ provider: "http", id, orderId: ORDER as never, ref: ORDER, at: Date.parse(AT) }),
  },
  stripe: {
    header: "stripe-signature",
    secrets: HttpServer.PAYMENT_SECRETS.stripe,
    news: (id) => ({
      ...{ id, object: "event", created: Date.parse(AT) / 1_000, type: "payment_intent.succeeded" },
      data: {
        object: { id: "pi_1", object: "payment_intent", amount: 5, metadata: { order: ORDER, customer: "kim" } },
      },
    }),
    hint: (id) => ({ provider: "stripe", id, orderId: ORDER as never, ref: "pi_1", at: Date.parse(AT) }),
  },
}

const expectProblem = (answer: HttpServer.Answer, status: number, code: string) => {
  expect([answer.status, answer.body.code]).toEqual([status, code])
  expect(answer.headers.get("content-type")).toBe("application/problem+json")
}

describe.each(Object.entries(PROVIDERS))("a webhook of %s", (name, { header, hint, news, secrets }) => {
  const path = `/v1/payments/webhooks/${name}`
  const post = (text: string, signature: string | null) =>
    shop.post(path, text, {
      "content-type": "application/json",
      ...(signature === null ? {} : { [header]: signature }),
    })
  const call = (body: object, secret = secrets[0]!, now = Date.now()) => {
    const text = JSON.stringify(body)
    return post(text, Signature.sign(secret, text, now))
  }

  it("is heard, and known when it comes again", async () => {
    expect((await call(news(`${name}-1`))).body).toEqual({ heard: "news" })
    expect((await call(news(`${name}-1`))).body).toEqual({ heard: "known" })
    expect(received.filter(({ id }) => id === `${name}-1`)).toEqual([hint(`${name}-1`), hint(`${name}-1`)])
  })

  it("is heard under each secret that is known", async () => {
    for (const [index, secret] of secrets.entries())
      expect((await call(news(`${name}-secret-${index}`), secret)).body).toEqual({ heard: "news" })
  })

  it("is heard when one of several signatures is true", async () => {
    const text = JSON.stringify(news(`${name}-many`))
    const [time, mine] = Signature.sign(secrets[0]!, text, Date.now()).split(",")
    const signature = [time, `v1=${"0".repeat(64)}`, mine, `v0=${"1".repeat(64)}`].join(",")
    expect((await post(text, signature)).body).toEqual({ heard: "news" })
  })

  it("is refused without a signature, with another's, or for another body", async () => {
    const text = JSON.stringify(news(`${name}-forged`))
    const bare = await post(text, null)
    expectProblem(bare, 401, "invalid-signature")
    expect(bare.headers.get("www-authenticate")?.toLowerCase()).toBe(header)
    for (const signature of [
      ...["", "t=1", `t=1,v1=00`, `v1=${"0".repeat(64)}`, `t=1,${Signature.sign(secrets[0]!, text, Date.now())}`],
      Signature.sign("a secret of another sender", text, Date.now()),
      Signature.sign(secrets[0]!, `${text} `, Date.now()),
    ])
      expectProblem(await post(text, signature), 401, "invalid-signature")
    expect(received.some(({ id }) => id === `${name}-forged`)).toBe(false)
  })

  // Ahead with a minute to spare: time goes on until it is read.
  it.each([-301, 360])("is refused when it was signed %i seconds from now", async (seconds) => {
    const answer = await call(news(`${name}-stale`), secrets[0], Date.now() + seconds * 1_000)
    expectProblem(answer, 401, "invalid-signature")
    expect(answer.body.detail).toContain("sign it anew")
  })

  it("is acknowledged when it is about something else", async () => {
    for (const body of [{}, { id: "evt_2", object: "event", created: 1, data: { object: { object: "customer" } } }])
      expect((await call(body)).body).toEqual({ heard: "ignored" })
  })

  it("is put off when it cannot be kept now", async () => {
    expectProblem(await call(news("later")), 503, "standby")
  })

  it("is not heard by a service that knows no secret", async () => {
    const deaf = await HttpServer.start({}, null)
    const text = JSON.stringify(news("deaf"))
    const signature = { "content-type": "application/json", [header]: Signature.sign(secrets[0]!, text, Date.now()) }
    expectProblem(await deaf.post(path, text, signature), 404, "callbacks-not-configured")
    await deaf.stop()
  })
})

it("is of a provider that there is", async () => {
  expect((await shop.post("/v1/payments/webhooks/nobody", {})).status).toBe(400)
})
