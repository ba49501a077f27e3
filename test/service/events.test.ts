/**
 * What consumers outside see: real messages of the real service on a real Kafka, validated against docs/asyncapi.yaml, and
 * the document itself against AsyncAPI's own schema.
 */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import specs from "@asyncapi/specs"
import { Ajv, type ValidateFunction } from "ajv"
import addFormats from "ajv-formats"
import { Kafka } from "kafkajs"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { parse } from "yaml"
import type { OrderId } from "../../src/domain/ids.ts"
import { type Order, UNTRIED } from "../../src/domain/order.ts"
import * as CloudEvent from "../../src/ports/cloud-event.ts"
import { ORDERS, PRODUCTS, STOCK, type Topic } from "../../src/ports/events.ts"
import { orderPayload } from "../../src/ports/facts.ts"
import { brokers, isMissing } from "../support/kafka.ts"
import { freshDatabase } from "../support/postgres.ts"
import { freshId } from "../support/scribe.ts"
import { killAll, ROOT, type Service, start, until } from "../support/service.ts"
import * as Trade from "../support/trade.ts"

const document = parse(readFileSync(join(ROOT, "docs/asyncapi.yaml"), "utf8"))

/** Every member is documented: what the document does not name is refused here, though consumers have to let it be. */
const close = (schema: unknown): unknown => {
  if (Array.isArray(schema)) return schema.map(close)
  if (typeof schema !== "object" || schema === null) return schema
  const closed = Object.fromEntries(Object.entries(schema).map(([name, value]) => [name, close(value)]))
  return "properties" in schema && "type" in schema ? { ...closed, additionalProperties: false } : closed
}

const ajv = addFormats.default(new Ajv({ strict: false, allErrors: true }))
ajv.addSchema({ components: { schemas: close(document.components.schemas) } }, "events")
const schema = (name: string): ValidateFunction => ajv.getSchema(`events#/components/schemas/${name}`)!

const CHANNELS = { [ORDERS]: "orders", [STOCK]: "stock", [PRODUCTS]: "products" } as const
const SCHEMAS = { [ORDERS]: "OrderEvent", [STOCK]: "StockEvent", [PRODUCTS]: "ProductEvent" } as const
const documented = (topic: Topic): ReadonlyArray<string> => Object.keys(document.channels[CHANNELS[topic]].messages)

/** A charge that comes to light late; what a provider names, what it declines to be tried again, what it only keeps at first, and what is barred. */
const RARE = [
  ...["jaego.order.refund-due.v1", "jaego.order.payment-prepared.v1", "jaego.order.payment-declined.v1"],
  ...["jaego.order.payment-captured.v1", "jaego.order.payment-given-up.v1"],
]

/** What is wrong with a message; empty: nothing. */
const wrong = (topic: Topic, text: string): ReadonlyArray<string> => {
  const message = JSON.parse(text)
  const validate = schema(SCHEMAS[topic])
  validate(message)
  const errors = (validate.errors ?? []).map(({ instancePath, message: words }) => `${instancePath} ${words}`)
  return documented(topic).includes(message.type) ? errors : [`${message.type} is not documented`, ...errors]
}

describe("docs/asyncapi.yaml", () => {
  it("is AsyncAPI 3", () => {
    // It brings the schema of schemas along itself.
    const official = new Ajv({ strict: false, validateFormats: false, meta: false, validateSchema: false })
    const validate = official.compile(specs.schemasWithoutId["3.0.0"] as object)
    expect(validate(document), JSON.stringify(validate.errors)).toBe(true)
    expect(validate({ ...document, channels: { orders: { address: 7 } } })).toBe(false)
  })

  it("has a schema that says no", () => {
    const order = {
      id: freshId() as OrderId,
      customerId: "mina",
      lines: [],
      total: { amount: -1, currency: "euro" },
      createdAt: 0,
      expiresAt: 0,
      version: 0,
      status: "reserved",
      attempt: null,
      payment: UNTRIED,
    } as Order
    const event = {
      topic: ORDERS as Topic,
      key: order.id,
      id: freshId(),
      shop: freshId(),
      type: "jaego.order.lost.v1",
      version: 0,
      time: 0,
    }
    const data = JSON.stringify({ ...JSON.parse(orderPayload(order)), more: true })
    expect(wrong(ORDERS, CloudEvent.encode({ ...event, data, lane: 0, seq: 1, link: freshId() }))).toEqual([
      "jaego.order.lost.v1 is not documented",
      "/data must NOT have additional properties",
      "/data/version must be >= 1",
      "/data/lines must NOT have fewer than 1 items",
      "/data/total/amount must be >= 0",
      '/data/total/currency must match pattern "^[A-Z]{3}$"',
    ])
  })
})

interface Message {
  readonly topic: Topic
  readonly key: string
  readonly text: string
}

describe.skipIf(isMissing)("messages of the real service", () => {
  let service: Service
  const heard: Array<Message> = []
  let stopListening: () => Promise<void>

  beforeAll(async () => {
    const found = await brokers()
    service = await start({
      DATABASE_URL: await freshDatabase(),
      KAFKA_BROKERS: found,
      WORKERS: "1",
      HOLD_SECONDS: "2",
      SHIPPING_AFTER_SECONDS: "1",
    })
    const consumer = new Kafka({ brokers: found.split(","), logCreator: () => () => {} }).consumer({
      groupId: `reader-${freshId()}`,
    })
    await consumer.connect()
    // The service makes them when it first speaks to Kafka.
    await until("there are topics", async () => {
      await consumer.subscribe({ topics: [ORDERS, STOCK, PRODUCTS], fromBeginning: true })
      return true
    })
    await consumer.run({
      eachMessage: async ({ message, topic }) => {
        heard.push({ topic: topic as Topic, key: String(message.key), text: String(message.value) })
      },
    })
    stopListening = () => consumer.disconnect()
  })
  afterAll(async () => {
    await stopListening?.()
    await service?.stop()
    await killAll()
  })

  it("are all as documented, of every kind, each key's versions without a gap, and end where the tables are", async () => {
    const product = await Trade.create(service, 20)
    await service.post(`/v1/products/${product}/stock/receipts`, { quantity: 5 }, { "idempotency-key": "five" })
    const broken = { delta: -1, reason: "one fell down: 깨졌다" }
    await service.post(`/v1/products/${product}/stock/adjustments`, broken, { "idempotency-key": "broken" })
    const edit = { name: 'Moon "jar" 달항아리', price: { amount: 900, currency: "EUR" } }
    expect((await service.send("PATCH", `/v1/products/${product}`, edit, { "if-match": '"1"' })).status).toBe(200)
    const bought = await Trade.buy(service, product, { customerId: 'Mina "the quick" 민아' })
    const held = await Trade.buy(service, product, { payment: "later", quantity: 2 })
    const paying = await service.post(`/v1/orders/${held.body.id}/pay`, {})
    expect(paying.status, paying.text).toBe(200)
    const declined = await Trade.buy(service, product, { payment: { token: "tok_decline" } })
    const asked = await Trade.buy(service, product, { payment: { token: "tok_action" } })
    const lapsing = await Trade.buy(service, product, { payment: "later" })
    const released = await Trade.buy(service, product, { payment: "later" })
    await service.post(`/v1/orders/${released.body.id}/cancel`, { reason: 'changed\nher "mind"' })
    const restocked = await Trade.buy(service, product)
    await service.post(`/v1/orders/${restocked.body.id}/cancel`)
    const orders = [bought, held, asked, lapsing, released, restocked].map(({ body }) => body.id as string)
    orders.push(declined.body.orderId)

    const ours = () => heard.filter(({ key }) => key === product || orders.includes(key))
    const types = () => new Set(ours().map(({ text }) => JSON.parse(text).type as string))
    const expected = ([ORDERS, STOCK, PRODUCTS] as const).flatMap(documented).filter((type) => !RARE.includes(type))
    const missing = () => expected.filter((type) => !types().has(type))
    await until("every kind of event has come", () => missing().length === 0, 30_000).catch(() =>
      expect(missing()).toEqual([]),
    )

    for (const { key, text, topic } of ours()) {
      expect(wrong(topic, text), text).toEqual([])
      expect(JSON.parse(text).subject).toBe(key)
    }
    for (const key of [product, ...orders]) {
      const versions = ours().flatMap((message) =>
        message.key === key && message.topic !== PRODUCTS ? [JSON.parse(message.text).data.version] : [],
      )
      const firsts = [...new Set(versions)]
      expect(firsts).toEqual(firsts.map((_, index) => index + 1))
    }
    const edited = ours().filter(({ topic }) => topic === PRODUCTS)
    expect(edited.map(({ text }) => JSON.parse(text).data)).toMatchObject([
      { id: product, version: 2, ...edit, previous: { name: "Moon jar", price: { amount: 1_250 }, archived: false } },
    ])
    const last = ours().findLast(({ topic }) => topic === STOCK)!
    const { available, onHand, reserved } = JSON.parse(last.text).data
    expect({ available, onHand, reserved }).toEqual(await Trade.stock(service, product))
  })
})
