/**
 * Exports spans by OTLP over HTTP, for all threads: what the probe is given in the main thread. Resource and JSON are Effect's
 * (`effect/observability`), protobuf is not (`span-bytes.ts`); Effect's exporter neither bounds what is on its way nor counts what
 * it drops.
 *
 * Limits: `queueMax` spans wait, one batch is on its way, a batch is tried three times; what is beyond that is dropped and counted.
 * Fails: never. A collector that is away costs spans, and one line of the log a minute.
 */
import { Clock, Context, Effect, Layer, Schedule } from "effect"
import { FetchHttpClient, HttpBody, HttpClient, HttpClientRequest } from "effect/http"
import { OtlpResource, OtlpSerialization } from "effect/observability"
import { Probe } from "../../ports/probe.ts"
import type { Span } from "../../ports/trace.ts"
import { Notify } from "../../std/notify.ts"
import * as Throttle from "../../std/throttle.ts"
import * as SpanBytes from "./span-bytes.ts"
import * as SpanRecord from "./span-record.ts"

export interface Options {
  readonly url: string
  /** May hold secrets. */
  readonly headers: Readonly<Record<string, string>>
  readonly protocol: "http/protobuf" | "http/json"
  readonly compression: "gzip" | "none"
  /** Of one try (ms). */
  readonly timeoutMs: number
  /** Spans. */
  readonly queueMax: number
  readonly batchMax: number
  /** How long a span waits for others (ms). */
  readonly delayMs: number
  readonly service: string
  /** Of the resource, beside its name. */
  readonly attributes: Readonly<Record<string, string>>
}

/** Retries for a collector that is busy or starts anew: other spans wait behind them. */
const RETRIES = { times: 2, schedule: Schedule.exponential("100 millis") }

/** How long the last spans may take to leave at the end (ms): nothing else waits for it. */
const FAREWELL_MS = 2_000

const LOG_EVERY_MS = 60_000

const SCOPE = "jaego"

/** The body of an export. */
const encoder = Effect.fnUntraced(function* ({ attributes, protocol, service }: Options) {
  const { traces } = yield* OtlpSerialization.OtlpSerialization
  const resource = OtlpResource.make({ serviceName: service, attributes })
  if (protocol === "http/json")
    return (spans: ReadonlyArray<Span>) =>
      traces({
        resourceSpans: [{ resource, scopeSpans: [{ scope: { name: SCOPE }, spans: spans.map(SpanRecord.of) }] }],
      })
  const encode = SpanBytes.encoder(SCOPE, resource)
  return (spans: ReadonlyArray<Span>) => HttpBody.uint8Array(encode(spans), "application/x-protobuf")
})

const sender = Effect.fnUntraced(function* (options: Options) {
  const encode = yield* encoder(options)
  const client = HttpClient.filterStatusOk(yield* HttpClient.HttpClient)
  const empty = HttpClientRequest.post(options.url, { headers: options.headers })
  return Effect.fnUntraced(function* (spans: ReadonlyArray<Span>) {
    const plain = HttpClientRequest.setBody(empty, encode(spans))
    const request = options.compression === "gzip" ? yield* HttpClientRequest.compressBody(plain, "gzip") : plain
    const once = Effect.timeout(
      Effect.flatMap(client.execute(request), (response) => response.arrayBuffer),
      options.timeoutMs,
    )
    yield* Effect.retry(once, RETRIES)
  }, Effect.scoped)
})

const make = Effect.fnUntraced(function* (options: Options) {
  const probe = yield* Probe
  const send = yield* sender(options)
  const throttle = Throttle.make(LOG_EVERY_MS)
  const arrived = new Notify()
  const isFull = new Notify()
  let waiting: Array<Span> = []

  const gone = (spans: number, outcome: "sent" | "refused" | "queue-full") =>
    probe.emit({ _tag: "SpansGone", spans, outcome })

  const refused = Effect.fnUntraced(function* (spans: number, error: unknown) {
    gone(spans, "refused")
    if (throttle(yield* Clock.currentTimeMillis) === null) return
    // Not its words: they may hold the URL, and with it a secret.
    const why = (error as { readonly _tag?: string })._tag ?? "no answer"
    yield* Effect.logWarning(`the collector takes no spans: ${why}`)
  })

  const sendAll = Effect.gen(function* () {
    while (waiting.length > 0) {
      const spans = waiting.slice(0, options.batchMax)
      waiting = waiting.slice(options.batchMax)
      const result = yield* Effect.result(send(spans))
      if (result._tag === "Success") gone(spans.length, "sent")
      else yield* refused(spans.length, result.failure)
    }
  })
  const waitForMore = Effect.raceFirst(isFull.wait, Effect.sleep(options.delayMs))
  const running = Effect.forever(arrived.wait.pipe(Effect.andThen(waitForMore), Effect.andThen(sendAll)))
  yield* Effect.addFinalizer(() => Effect.timeoutOption(sendAll, FAREWELL_MS))
  yield* Effect.forkScoped(running)

  const add = (span: Span): void => {
    if (waiting.length >= options.queueMax) return gone(1, "queue-full")
    const spans = waiting.push(span)
    if (spans === 1) arrived.notify()
    if (spans === options.batchMax) isFull.notify()
  }
  return Probe.of({
    emit: (happening) => {
      if (happening._tag === "SpanEnded") add(happening.span)
      probe.emit(happening)
    },
  })
})

/** The probe, whose spans leave until the scope closes. Null: none are made. */
export const layer = (options: Options | null): Layer.Layer<Probe, never, Probe> => {
  if (options === null) return Layer.effectContext(Effect.map(Probe, (probe) => Context.make(Probe, probe)))
  return Layer.effect(Probe, make(options)).pipe(
    Layer.provide(OtlpSerialization.layerJson),
    Layer.provide(FetchHttpClient.layer),
  )
}
