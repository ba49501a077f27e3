/** What the service says when it stands: its URLs, and one curl that places an order. Seeds an empty catalogue first. */
import { Console, Effect } from "effect"
import * as DemoCatalogue from "../../app/demo-catalogue.ts"
import { Readiness, reached, type State } from "../../app/health.ts"
import { Shop } from "../../app/shop.ts"

const welcome = (url: string, productId: string) => `
Jaego is ready at ${url}
  console    ${url}/console
  API docs   ${url}/docs
  OpenAPI    ${url}/openapi.json
  metrics    ${url}/metrics

Place an order:
  curl -s ${url}/v1/orders -H 'content-type: application/json' -H "idempotency-key: $(date +%s%N)" \\
    -d '{"customerId":"me","lines":[{"productId":"${productId}","quantity":1}]}'
`

/** `format`: of the log. A line of JSON, where lines are JSON; otherwise a text for people. */
export const greet = Effect.fnUntraced(function* (
  url: string,
  store: "postgres" | "memory",
  format: "pretty" | "json",
) {
  const say = format === "json" ? (text: string) => Effect.logInfo(text) : Console.log
  const readiness = yield* Readiness
  const once = (state: State) => reached(readiness, state)
  yield* Effect.forkScoped(
    Effect.andThen(
      once("standby"),
      say(`Jaego stands by at ${url}: this database is not its own now; it takes over when no other process has it`),
    ),
  )
  yield* once("ready")
  yield* DemoCatalogue.seed
  const shop = yield* Shop
  const { rows } = yield* shop.listProducts({ limit: 1, after: null, sku: null, words: null })
  yield* say(format === "json" ? `Jaego is ready at ${url}` : welcome(url, rows[0]?.id ?? "..."))
  if (store === "memory") yield* say("STORE=memory: everything is forgotten when the service ends.")
})
