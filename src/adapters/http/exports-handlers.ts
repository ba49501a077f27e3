/** Answers the routes of exports, from the shop. */
import { Effect, Stream } from "effect"
import { HttpServerResponse } from "effect/http"
import { HttpApiBuilder } from "effect/http-api"
import { Shop } from "../../app/shop.ts"
import { AtLeast } from "../../ports/position.ts"
import { Probe } from "../../ports/probe.ts"
import * as Answers from "./answers.ts"
import { api } from "./api.ts"
import * as Exports from "./exports.ts"
import * as Problems from "./problems.ts"

/** At once, of each thread: one keeps a connection to the database half busy. */
const AT_ONCE = 4

interface Request {
  readonly request: Answers.Asked
  readonly query: { readonly format?: Exports.Format }
}

const TYPES = { csv: "text/csv; charset=utf-8", ndjson: "application/x-ndjson" }

const formatOf = ({ query, request }: Request): Exports.Format =>
  query.format ?? (/(^|[\s,])text\/csv\b/i.test(String(request.headers["accept"] ?? "")) ? "csv" : "ndjson")

export const layer = HttpApiBuilder.group(
  api,
  "exports",
  Effect.fnUntraced(function* (handlers) {
    const shop = yield* Shop
    const answer = Answers.to(yield* Probe)
    let running = 0

    /** While it is read: an answer to HEAD never is. */
    const counted = Effect.acquireRelease(
      Effect.sync(() => running++),
      () => Effect.sync(() => running--),
    )

    const exported = (name: keyof typeof Exports.EXPORTS) =>
      Effect.fnUntraced(function* (request: Request) {
        const format = formatOf(request)
        const position = yield* AtLeast
        if (running >= AT_ONCE) return yield* Effect.fail(Problems.tooManyExports)
        // One type for all three: a part is read and shown by the same one.
        const what = Exports.EXPORTS[name] as (typeof Exports.EXPORTS)["products"]
        const stream = yield* Exports.stream(what, shop, format)
        // It is read after this has ended, for the same reader.
        const body = Stream.provideService(Stream.unwrap(Effect.as(counted, stream)), AtLeast, position)
        return HttpServerResponse.stream(body, {
          contentType: TYPES[format],
          headers: { "content-disposition": `attachment; filename="${name}.${format}"` },
        })
      })

    const answered = (name: keyof typeof Exports.EXPORTS) => {
      const run = exported(name)
      return (request: Request) => answer(request.request, run(request))
    }
    return handlers.handleAll({ products: answered("products"), stock: answered("stock"), orders: answered("orders") })
  }),
)
