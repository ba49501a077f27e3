/** The OpenAPI document: it says what the API answers, all of it. */
import { OpenApi } from "effect/http-api"
import { afterAll, beforeAll, expect, it } from "vitest"
import { api } from "../../../src/adapters/http/api.ts"
import * as HttpServer from "../../support/http-server.ts"

let shop: HttpServer.Running
beforeAll(async () => {
  shop = await HttpServer.start()
})
afterAll(() => shop.stop())

const document = OpenApi.fromApi(api)

const statuses = (path: string, method: "get" | "post") => Object.keys(document.paths[path]?.[method]?.responses ?? {})

const codes = (path: string, method: "get" | "post", status: number) => {
  const content = document.paths[path]?.[method]?.responses[status]?.content ?? {}
  expect(Object.keys(content)).toEqual(["application/problem+json"])
  type Codes = { readonly enum?: ReadonlyArray<string>; readonly anyOf?: ReadonlyArray<Codes> }
  const media = content["application/problem+json" as never] as { schema: { properties: { code: Codes } } }
  const { code } = media.schema.properties
  return [...(code.enum ?? code.anyOf?.flatMap((one) => one.enum ?? []) ?? [])]
}

it("is served as it is made", async () => {
  const { status, headers, body } = await shop.get("/openapi.json")
  expect([status, headers.get("content-type")]).toEqual([200, "application/json"])
  expect(body).toEqual(JSON.parse(JSON.stringify(document)))
  expect(body.openapi).toBe("3.1.0")
})

it("names every route of the design", () => {
  const routes = Object.entries(document.paths).flatMap(([path, item]) =>
    Object.keys(item).map((method) => `${method} ${path}`),
  )
  expect(routes.sort()).toEqual([
    "get /livez",
    "get /metrics",
    "get /readyz",
    "get /v1/admin/console",
    "get /v1/admin/dead-letters",
    "get /v1/admin/dependencies",
    "get /v1/admin/orders",
    "get /v1/admin/reconciliation",
    "get /v1/exports/orders",
    "get /v1/exports/products",
    "get /v1/exports/stock",
    "get /v1/imports/{id}",
    "get /v1/imports/{id}/rows",
    "get /v1/orders",
    "get /v1/orders/{id}",
    "get /v1/orders/{id}/explain",
    "get /v1/orders/{id}/timeline",
    "get /v1/products",
    "get /v1/products/{id}",
    "get /v1/products/{id}/stock",
    "get /v1/products/{id}/stock/movements",
    "get /v1/products/{id}/stock/stream",
    "get /v1/products/{id}/views",
    "get /v1/requests/{requestId}/explain",
    "patch /v1/products/{id}",
    "post /v1/admin/dead-letters/replay",
    "post /v1/admin/pause",
    "post /v1/admin/profiles",
    "post /v1/admin/reconciliation",
    "post /v1/admin/resume",
    "post /v1/carrier/callbacks",
    "post /v1/imports",
    "post /v1/orders",
    "post /v1/orders/{id}/cancel",
    "post /v1/orders/{id}/pay",
    "post /v1/payments/webhooks/{provider}",
    "post /v1/products",
    "post /v1/products/{id}/stock/adjustments",
    "post /v1/products/{id}/stock/receipts",
    "post /v1/products/{id}/views",
    "put /v1/admin/dependencies/{name}/breaker",
    "put /v1/admin/log-level",
  ])
})

it("has every status of placing an order, with the codes that come with it", () => {
  expect(statuses("/v1/orders", "post")).toEqual([
    "201",
    "202",
    "400",
    "402",
    "403",
    "404",
    "405",
    "408",
    "409",
    "410",
    "413",
    "415",
    "417",
    "421",
    "422",
    "429",
    "431",
    "500",
    "501",
    "503",
  ])
  expect(codes("/v1/orders", "post", 409).sort()).toEqual([
    "holds-per-customer",
    "idempotency-in-progress",
    "insufficient-stock",
    "mixed-currencies",
    "purchase-limit-exceeded",
    "total-too-large",
  ])
  expect(codes("/v1/orders", "post", 404)).toEqual(["product-not-found"])
  expect(codes("/v1/orders/{id}/cancel", "post", 409)).toContain("payment-in-progress")
})

it("documents the headers of answers and requests", () => {
  const { parameters, responses } = document.paths["/v1/orders"]!.post!
  expect(parameters.map(({ name, required }) => [name, required])).toEqual([
    ["idempotency-key", true],
    ["prefer", false],
    ["x-request-id", undefined],
    ["request-timeout-ms", undefined],
  ])
  expect(Object.keys(responses[201]!.headers ?? {})).toEqual([
    "x-request-id",
    "ratelimit-policy",
    "ratelimit",
    "jaego-position",
    "idempotent-replayed",
  ])
  expect(Object.keys(responses[429]!.headers ?? {})).toEqual([
    "x-request-id",
    "retry-after",
    "ratelimit-policy",
    "ratelimit",
  ])
  expect(Object.keys(responses[503]!.headers ?? {})).toEqual(["x-request-id", "retry-after"])
  expect(Object.keys(responses[405]!.headers ?? {})).toEqual(["x-request-id", "allow"])
  expect(document.paths["/v1/orders/{id}/cancel"]!.post!.requestBody!.required).toBe(false)
})

it("documents the body of an import, which is a stream", () => {
  const body = document.paths["/v1/imports"]!.post!.requestBody!
  expect([body.required, Object.keys(body.content)]).toEqual([true, ["application/x-ndjson", "text/csv"]])
  expect(codes("/v1/imports", "post", 400)).toContain("invalid-import")
  expect(codes("/v1/imports", "post", 422)).toEqual(["idempotency-key-reused"])
})

it("documents what is said of a product's version", () => {
  const { get, patch } = document.paths["/v1/products/{id}"]!
  const headersOf = (operation: typeof get, status: number) => Object.keys(operation!.responses[status]!.headers ?? {})
  for (const status of [200, 304])
    expect(headersOf(get, status)).toEqual(expect.arrayContaining(["etag", "age", "cache-control"]))
  expect(headersOf(patch, 200)).toEqual(expect.arrayContaining(["etag", "jaego-position"]))
  expect(Object.keys(patch!.responses)).toEqual(
    expect.arrayContaining(["200", "400", "404", "409", "412", "428", "503"]),
  )
  const parameter = (operation: typeof get, name: string) => operation!.parameters.find((each) => each.name === name)
  expect(parameter(get, "if-none-match")).toMatchObject({ in: "header", required: false })
  expect(parameter(patch, "if-match")).toMatchObject({ in: "header", description: expect.stringContaining("ETag") })
})

it("names each view once", () => {
  expect(Object.keys(document.components.schemas).sort()).toEqual([
    "AcceptedImport",
    "Console",
    "DeadLetterGroup",
    "DeadLetterReplay",
    "Dependency",
    "ExplainedOrder",
    "Import",
    "ImportRow",
    "ImportRowPage",
    "LogLevel",
    "Movement",
    "MovementPage",
    "Order",
    "OrderDetail",
    "OrderPage",
    "Part",
    "Pause",
    "Product",
    "ProductPage",
    "Reconciliation",
    "ReconciliationOrder",
    "RefusedOrder",
    "ReservedOrder",
    "Stock",
    "StockNow",
    "Timeline",
    "Views",
  ])
  const missing = [...JSON.stringify(document).matchAll(/"#\/components\/schemas\/(\w+)"/g)].filter(
    ([, name]) => !(String(name) in document.components.schemas),
  )
  expect(missing).toEqual([])
})
