/**
 * `POST /v1/imports`: the one route whose body is a stream, beside the pipeline, which reads bodies as a whole.
 *
 * Law: its body is read no faster than its rows are stored, and nothing of it is applied before it is whole. One that is not, or cannot
 * be read, leaves nothing. A key stands for one body: it is read again to compare it.
 * Limits: `bytesMax` a body, `LINE_BYTES_MAX` a line; a part of rows has to come within `PART_WAIT`, however slow the peer.
 * Fails: `invalid-import` with line and column, `body-too-large`, `unsupported-media-type`, `request-timeout`, `overloaded`.
 */
import { createHash, type Hash } from "node:crypto"
import type { IncomingMessage, ServerResponse } from "node:http"
import { Effect, type Fiber } from "effect"
import { HttpServerResponse } from "effect/http"
import type { Begun, ImportDesk } from "../../app/imports/import-desk.ts"
import { partsOf } from "../../app/imports/import-parts.ts"
import * as ImportText from "../../app/imports/import-text.ts"
import { type Unavailable, unavailable } from "../../ports/failures.ts"
import type { Part } from "../../ports/imports.ts"
import type { Probe } from "../../ports/probe.ts"
import { TextProblem, read as textLines } from "../../std/text-lines.ts"
import * as Answers from "./answers.ts"
import * as Exchange from "./exchange.ts"
import * as ImportHead from "./import-head.ts"
import * as PlainAnswer from "./plain-answer.ts"
import * as Problems from "./problems.ts"
import type { RateLimits } from "./rate-limits.ts"

type Listener = (request: IncomingMessage, response: ServerResponse) => void

/** A row is a few hundred bytes. */
const LINE_BYTES_MAX = 65_536

/** Some hundred rows: 1 KiB a second. */
const PART_WAIT = "30 seconds"

export interface Options {
  readonly desk: ImportDesk
  readonly bytesMax: number
  readonly probe: Probe["Service"]
  readonly limits: RateLimits
  readonly run: (receiving: Effect.Effect<void>) => Fiber.Fiber<void>
  /** Its request may take as long as it takes. */
  readonly long: (response: ServerResponse) => void
  readonly pipeline: Listener
}

class TooLarge extends Error {}

/** The bytes of a body, counted and hashed as they come. The socket outlives an early end: there is an answer to write. */
async function* bytesOf(request: IncomingMessage, bytesMax: number, hash: Hash): AsyncGenerator<Buffer> {
  let bytes = 0
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > bytesMax) throw new TooLarge()
    hash.update(chunk)
    yield chunk
  }
}

/** Of the key's request: where it was sent, how it was to be read, and its bytes. In the shape of a UUID. */
const fingerprintOf = (hash: Hash): string => {
  const hex = hash.digest("hex")
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20, 32)}`
}

const begunHash = ({ charset, dryRun, format, mode }: ImportHead.Asked): Hash =>
  createHash("sha256").update(`POST /v1/imports ${mode} ${dryRun} ${format} ${charset ?? "utf-8"}\n`)

type Failure = Problems.Problem | Unavailable

/** Null: the peer has gone, and there is none to answer. */
const failureOf = (cause: unknown, bytesMax: number): Failure | null => {
  if (cause instanceof TextProblem) return Problems.invalidImport(cause.place, cause.what)
  if (cause instanceof TooLarge) return Problems.importTooLarge(bytesMax)
  return null
}

const gone = Symbol("gone")

/** The next of what comes with the body. */
const nextOf = <A>(from: AsyncIterator<A>, bytesMax: number) =>
  Effect.tryPromise({ try: () => from.next(), catch: (cause) => failureOf(cause, bytesMax) ?? gone }).pipe(
    Effect.timeoutOrElse({ duration: PART_WAIT, orElse: () => Effect.fail(Problems.requestTimeout) }),
  )

const lost = unavailable("database", "undecided")

/** Stores all of it, and has it accepted. */
const stored = Effect.fnUntraced(function* (
  { bytesMax, desk }: Options,
  request: IncomingMessage,
  asked: ImportHead.Asked,
  id: string,
) {
  const hash = begunHash(asked)
  const lines = textLines(bytesOf(request, bytesMax, hash), {
    encoding: asked.charset,
    lineBytesMax: LINE_BYTES_MAX,
    naming: (label) => `charset=${label}`,
  })
  const how = { format: asked.format, separator: null, fieldMax: LINE_BYTES_MAX, hint: "" }
  const parts: AsyncIterator<Part> = partsOf(asked.mode, ImportText.read(lines, how))
  let count = 0
  for (;;) {
    const next = yield* nextOf(parts, bytesMax)
    if (next.done === true) break
    if (!(yield* desk.put(id, next.value))) return yield* Effect.fail(lost)
    count++
  }
  if (!(yield* desk.accept(id, fingerprintOf(hash), count))) return yield* Effect.fail(lost)
})

/** Whether its body is the one that its key stands for. */
const isSame = Effect.fnUntraced(function* (
  { bytesMax }: Options,
  request: IncomingMessage,
  asked: ImportHead.Asked,
  fingerprint: string,
) {
  const hash = begunHash(asked)
  const bytes = bytesOf(request, bytesMax, hash)
  while ((yield* nextOf(bytes, bytesMax)).done !== true);
  return fingerprintOf(hash) === fingerprint
})

/** The id of the import that the request stands for now. */
const received = Effect.fnUntraced(function* (options: Options, request: IncomingMessage, asked: ImportHead.Asked) {
  const { desk } = options
  const { key, mode, dryRun } = asked
  const begun: Begun = yield* desk.begin({ key, mode, dryRun })
  switch (begun._tag) {
    case "Busy":
      return yield* Effect.fail(Problems.tooManyImports)
    case "InProgress":
      return yield* Effect.fail(Problems.closing(Problems.idempotencyInProgress()))
    case "Known":
      if (yield* isSame(options, request, asked, begun.fingerprint)) return { id: begun.id, replayed: true }
      return yield* Effect.fail(Problems.keyReused)
    case "Begun": {
      const dropped = Effect.ignore(desk.drop(begun.id))
      yield* Effect.onError(stored(options, request, asked, begun.id), () => dropped)
      return { id: begun.id, replayed: false }
    }
  }
})

/** `Location` says where it can be asked after. */
const accepted = ({ id, replayed }: { readonly id: string; readonly replayed: boolean }) =>
  HttpServerResponse.setHeader(Answers.accepted(202, { id }, { replayed }), "location", `/v1/imports/${id}`)

const isImport = ({ method, url = "" }: IncomingMessage): boolean => method === "POST" && ImportHead.TARGET.test(url)

export const listener = (options: Options): Listener => {
  const { bytesMax, limits, long, pipeline, probe, run } = options

  const receive = (request: IncomingMessage, response: ServerResponse, asked: ImportHead.Asked) => {
    const isOver = () => response.headersSent || response.destroyed
    const refuse = (failure: Failure | typeof gone) =>
      Effect.sync(() => {
        if (typeof failure === "symbol") return void response.destroy()
        if (failure._tag === "Unavailable") probe.emit({ _tag: "RequestUnavailable", reason: failure.reason })
        if (!isOver()) Exchange.send(response, Problems.closing(Problems.from(failure)))
      })
    return received(options, request, asked).pipe(
      Effect.map((begun) => (isOver() ? undefined : PlainAnswer.write(request, response, limits, accepted(begun)))),
      Effect.catch(refuse),
      Effect.catchDefect((defect) =>
        Effect.andThen(Effect.logError("an import met a defect", defect), refuse(Problems.internal)),
      ),
    )
  }

  return (request, response) => {
    if (!isImport(request)) return pipeline(request, response)
    const asked = ImportHead.read(request, bytesMax)
    if ("code" in asked) return Exchange.send(response, Problems.closing(asked))
    long(response)
    run(receive(request, response, asked))
  }
}
