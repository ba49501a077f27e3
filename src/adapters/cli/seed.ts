/**
 * Seeds the demonstration catalogue over HTTP, because only the running service may change stock: it is the owner.
 *
 * Fails: `CommandFailed`, `Unreachable`. Safe to repeat: each product has its own key, for ever.
 */
import { Effect } from "effect"
import * as DemoCatalogue from "../../app/demo-catalogue.ts"
import { CommandFailed } from "./command-failed.ts"
import * as HttpClient from "./http-client.ts"

interface ProductsPage {
  readonly data: ReadonlyArray<{ readonly sku: string }>
}

/** How many products were created: none when the catalogue already has others. */
export const run = Effect.fnUntraced(function* (url: string, patienceMs: number) {
  const client = yield* HttpClient.make(url, { connections: 1, patienceMs })
  const path = `/v1/products?limit=${DemoCatalogue.products.length}`
  const listed = yield* client.send({ method: "GET", path })
  if (listed.status !== 200)
    return yield* new CommandFailed({
      message: `the service did not list its products: ${HttpClient.describe(listed)}`,
    })
  const existing = (listed.body as ProductsPage).data
  if (!DemoCatalogue.isOurs(existing)) return 0
  const missing = DemoCatalogue.products.filter(({ sku }) => !existing.some((each) => each.sku === sku))
  for (const { purchaseLimit, ...product } of missing) {
    const body = purchaseLimit === null ? product : { ...product, purchaseLimit }
    const answer = yield* client.insist({ method: "POST", path: "/v1/products", key: `demo-${product.sku}`, body })
    if (answer.status !== 201)
      return yield* new CommandFailed({ message: `${product.sku} was not created: ${HttpClient.describe(answer)}` })
  }
  return missing.length
}, Effect.scoped)
