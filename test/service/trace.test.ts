/**
 * One order, one trace: a real service with worker, HTTP and facts threads and a real Kafka, and peers that note what they are
 * called with. A collector receives the whole of it, and each span is below the one that led to it.
 */
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { Kafka } from "kafkajs"
import { afterAll, describe, expect, it } from "vitest"
import { ORDERS } from "../../src/ports/events.ts"
import * as Traceparent from "../../src/std/traceparent.ts"
import { attribute, type Collected, collector } from "../support/collector.ts"
import { brokers, firstMessage, isMissing } from "../support/kafka.ts"
import { freshDatabase } from "../support/postgres.ts"
import { freshId } from "../support/scribe.ts"
import { killAll, start, until } from "../support/service.ts"
import * as Trade from "../support/trade.ts"

const closing: Array<() => unknown> = []
afterAll(async () => {
  await killAll()
  for (const close of closing) await close()
})

/** A payment provider and a carrier that take everything. */
const outside = async () => {
  const calls: Array<{ readonly call: string; readonly traceparent: string | undefined }> = []
  const server = createServer(async (request, response) => {
    await request.toArray()
    const isCharge = request.url!.startsWith("/v1/charges/")
    calls.push({ call: isCharge ? "charge" : "parcel", traceparent: request.headers["traceparent"] as string })
    response.writeHead(200, { "content-type": "application/json" })
    response.end(JSON.stringify(isCharge ? { state: "charged" } : { trackingId: freshId() }))
  })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  closing.push(() => {
    server.closeAllConnections()
    server.close()
  })
  return { calls, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
}

const TRACE_ID = "4bf92f3577b34da6a3ce929d0e0e4736"
const SPAN_ID = "00f067aa0ba902b7"

/** Of spans below one another, outermost first: where each hangs. */
const pathOf = (spans: ReadonlyArray<Collected>, { name, parentSpanId }: Collected): ReadonlyArray<string> => {
  const parent = spans.find(({ spanId }) => spanId === parentSpanId)
  return parent === undefined ? [name] : [...pathOf(spans, parent), name]
}

describe.skipIf(isMissing)("an order that is traced", () => {
  it("is one trace from its caller through mailbox, commit, payment, outbox, Kafka and consumers to the carrier", async () => {
    const traces = await collector()
    closing.push(traces.close)
    const peers = await outside()
    const kafka = await brokers()
    const prefix = `${freshId()}-`
    const service = await start({
      DATABASE_URL: await freshDatabase(),
      WORKERS: "2",
      HTTP_THREADS: "1",
      KAFKA_BROKERS: kafka,
      KAFKA_PREFIX: prefix,
      PAYMENT: "http",
      PAYMENT_URL: peers.url,
      CARRIER_URL: peers.url,
      CARRIER_WEBHOOK_SECRET: "a secret that both know",
      SHIPPING_AFTER_SECONDS: "0",
      OTEL_EXPORTER_OTLP_ENDPOINT: traces.url,
      OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
      OTEL_TRACES_SAMPLER: "parentbased_always_off",
      OTEL_BSP_SCHEDULE_DELAY: "50",
      TRACE_SLOW_MS: "60000",
    })
    const product = await Trade.create(service, 5)
    const lines = [{ productId: product, quantity: 1 }]
    const order = { customerId: "telling-customer", lines, payment: { token: "telling-token" } }
    const traceparent = `00-${TRACE_ID}-${SPAN_ID}-01`
    const headers = { traceparent, "idempotency-key": `telling-key-${freshId()}` }
    const bought = await service.post("/v1/orders", order, headers)
    expect(bought.status, bought.text).toBe(201)
    const ours = () => traces.spans().filter(({ traceId }) => traceId === TRACE_ID)
    await until("the carrier's span has come", () => ours().some(({ name }) => name === "carrier register"))
    await until(
      "the shipment is in the timeline",
      () => ours().filter(({ name }) => name === "consumer timeline").length === 2,
    )

    const spans = ours()
    const paths = new Set(spans.map((span) => pathOf(spans, span).join(" > ")))
    const door = "POST /v1/orders"
    for (const path of [
      door,
      `${door} > inventory mailbox`,
      `${door} > inventory decide`,
      `${door} > inventory commit`,
      `${door} > payment confirm`,
      `${door} > outbox send`,
      `${door} > outbox send > consumer timeline`,
      `${door} > outbox send > consumer shipping`,
      `${door} > outbox send > consumer shipping > carrier register`,
      `${door} > outbox send > consumer shipping > inventory commit`,
    ])
      expect([...paths], path).toContain(path)
    const [first] = spans.filter(({ name }) => name === door)
    expect(first).toMatchObject({ parentSpanId: SPAN_ID, kind: 2 })
    expect(attribute(first!, "jaego.request_id")).toBe(bought.headers.get("x-request-id"))
    for (const { endTimeUnixNano, startTimeUnixNano } of spans)
      expect(BigInt(endTimeUnixNano)).toBeGreaterThanOrEqual(BigInt(startTimeUnixNano))

    // A batch is a trace of its own: it links those that it made durable, and they link it.
    const placed = spans.find((each) => each.name === "inventory commit" && each.parentSpanId === first!.spanId)!
    const batches = traces.spans().filter(({ name }) => name === "inventory batch")
    const batch = batches.find(({ spanId }) => placed.links.some((link) => link.spanId === spanId))!
    expect(batch.parentSpanId).toBeUndefined()
    expect(batch.links).toMatchObject([{ traceId: TRACE_ID, spanId: placed.spanId }])

    // No word of a customer leaves with them.
    for (const { body } of traces.exports) expect(body.toString()).not.toContain("telling")

    // The outside is called in the span of its call, and so is what readers of the topic get.
    const spanIdOf = (name: string) => spans.find((each) => each.name === name)!.spanId
    expect(peers.calls).toEqual([
      { call: "charge", traceparent: `00-${TRACE_ID}-${spanIdOf("payment confirm")}-01` },
      { call: "parcel", traceparent: `00-${TRACE_ID}-${spanIdOf("carrier register")}-01` },
    ])
    const message = await firstMessage(new Kafka({ brokers: kafka.split(",") }), prefix + ORDERS, bought.body.id)
    const parent = String(message.headers!["traceparent"])
    expect(spans.filter(({ name }) => name === "outbox send").map(({ spanId }) => spanId)).toContain(
      Traceparent.spanId(parent),
    )
  })

  it("leaves nothing of an order beside it that is not, and the request alone of one that was slow", async () => {
    const traces = await collector()
    closing.push(traces.close)
    const service = await start({
      DATABASE_URL: await freshDatabase(),
      WORKERS: "1",
      OTEL_EXPORTER_OTLP_ENDPOINT: traces.url,
      OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
      OTEL_TRACES_SAMPLER: "parentbased_traceidratio",
      OTEL_TRACES_SAMPLER_ARG: "0",
      TRACE_SLOW_MS: "60000",
    })
    const product = await Trade.create(service, 5)
    expect((await Trade.buy(service, product)).status).toBe(201)
    await service.stop()
    expect(traces.spans()).toEqual([])
    const slow = await start({
      STORE: "memory",
      OTEL_EXPORTER_OTLP_ENDPOINT: traces.url,
      OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
      OTEL_TRACES_SAMPLER: "always_off",
      TRACE_SLOW_MS: "1",
      LOG_FORMAT: "json",
    })
    await Trade.create(slow, 5)
    await slow.stop()
    const [span] = traces.spans()
    expect(span).toMatchObject({ name: "POST /v1/products" })
    expect(slow.process.stdout).toContain(`"traceId":"${span!.traceId}"`)
  })
})
