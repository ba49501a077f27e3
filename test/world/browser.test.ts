/** What web pages can do to a service on the same machine, in a real browser: those of other origins and names nothing, those allowed all. */
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import * as Chromium from "../support/chromium.ts"
import { absent, leaveOut } from "../support/missing.ts"
import { killAll, type Service, start, until } from "../support/service.ts"
import * as Trade from "../support/trade.ts"

const isLeftOut = leaveOut("web pages against the service", absent("chromium"))

/** One thing that a page may want of the service. */
interface Wish {
  readonly url: string
  readonly body: string
}

/** In the page: the wish in each way in which a page can send it unasked. */
const sendInEachWay = async ({ body, url }: Wish): Promise<number> => {
  const form = (enctype: string) =>
    new Promise<void>((resolve) => {
      const frame = document.createElement("iframe")
      frame.name = `frame-${Math.random()}`
      const form = document.createElement("form")
      Object.assign(form, { action: url, enctype, method: "post", target: frame.name })
      // As text this is the body itself, whose "=" is the one that the browser puts between name and value.
      const field = document.createElement("input")
      const cut = `${body}=`.indexOf("=")
      Object.assign(field, { name: body.slice(0, cut), value: body.slice(cut + 1) })
      form.append(field)
      document.body.append(frame, form)
      frame.onload = () => resolve()
      form.submit()
    })
  const blind = (headers: Record<string, string>, body: BodyInit) =>
    fetch(url, { method: "POST", mode: "no-cors", headers, body })
  const asked = (headers: Record<string, string>) =>
    fetch(url, { method: "POST", headers, body }).then(
      () => Promise.reject(new Error(`${url} let a foreign page read`)),
      () => undefined,
    )
  const ways = [
    form("application/x-www-form-urlencoded"),
    form("multipart/form-data"),
    form("text/plain"),
    blind({ "content-type": "text/plain" }, body),
    // The browser sends this one as text as well.
    blind({ "content-type": "application/json" }, body),
    // Without any type.
    blind({}, new Blob([body])),
    asked({ "content-type": "text/plain" }),
    // Asked for beforehand.
    asked({ "content-type": "application/json", "idempotency-key": "foreign" }),
  ]
  await Promise.all(ways)
  const beacons = [
    new Blob([body], { type: "text/plain" }),
    new Blob([body]),
    new Blob([body], { type: "application/json" }),
  ]
  for (const beacon of beacons) navigator.sendBeacon(url, beacon)
  return ways.length + beacons.length
}

/** In the page: what came of a request, or why the page may not know. */
const ask = (url: string, body: string | null): Promise<readonly [status: number, text: string] | string> =>
  fetch(
    url,
    body === null
      ? {}
      : { method: "POST", headers: { "content-type": "application/json", "idempotency-key": url }, body },
  )
    .then(async (response) => [response.status, await response.text()] as const)
    .catch((error) => String(error))

describe.skipIf(isLeftOut)("in Chromium", () => {
  let browser: Chromium.Browser
  let pages: Awaited<ReturnType<typeof Chromium.emptyPages>>
  let service: Service
  let product: string
  let order: string
  const allowed = () => `http://shop.example:${pages.port}`

  beforeAll(async () => {
    pages = await Chromium.emptyPages()
    browser = await Chromium.start()
    service = await start({ STORE: "memory", CORS_ORIGINS: allowed() })
    product = await Trade.create(service, 10)
    order = (await Trade.buy(service, product, { payment: "later" })).body.id
  })
  afterAll(async () => {
    await killAll()
    await browser?.close()
    pages?.close()
  })

  const wishes = (): ReadonlyArray<Wish> => {
    const price = { amount: 1, currency: "EUR" }
    const lines = [{ productId: product, quantity: 1 }]
    return [
      { url: "/v1/products", body: { sku: "foreign=", name: "Foreign", price, onHand: 1 } },
      { url: `/v1/products/${product}/stock/adjustments`, body: { delta: -5, reason: "foreign=" } },
      { url: "/v1/orders", body: { customerId: "foreign=", lines } },
      { url: `/v1/orders/${order}/pay`, body: { token: "tok_ok" } },
      { url: `/v1/orders/${order}/cancel`, body: { reason: "foreign=" } },
    ].map(({ body, url }) => ({ url: service.url + url, body: JSON.stringify(body) }))
  }

  const books = async () => ({
    products: (await service.get("/v1/products")).text,
    orders: (await service.get("/v1/orders")).text,
    stock: await Trade.stock(service, product),
  })

  it("a page of another origin changes nothing, by form, blind fetch or beacon, and reads nothing", async () => {
    const before = await books()
    const tab = await browser.tab()
    await tab.open(`http://evil.example:${pages.port}/`)
    let sent = 0
    for (const wish of wishes()) sent += await tab.run(sendInEachWay, wish)
    // Beacons say nothing of their answers. A way that did not arrive would have shown nothing.
    const refused = () =>
      service.metric("http_server_request_duration_seconds_count", 'http_response_status_code="403"')
    await until("each is refused", async () => (await refused()) === sent)
    expect(await tab.run(ask, `${service.url}/v1/orders`, null)).toMatch(/TypeError/)
    expect(await books()).toEqual(before)
  })

  it("a page whose name is made to point here reads and changes nothing", async () => {
    const before = await books()
    const { port } = new URL(service.url)
    const tab = await browser.tab()
    // As its own server would have sent it before the name was bound anew.
    await tab.openForged(`http://rebound.example:${port}/`, "<!doctype html><title>rebound</title>")
    for (const path of ["/v1/orders", "/v1/products", "/openapi.json", "/metrics"])
      expect(await tab.run(ask, path, null)).toEqual([421, expect.stringContaining("foreign-host")])
    for (const { body, url } of wishes())
      expect(await tab.run(ask, new URL(url).pathname, body)).toEqual([421, expect.stringContaining("foreign-host")])
    expect(await books()).toEqual(before)
    await tab.openForged(`http://localhost:${port}/`, "<!doctype html><title>our own name</title>")
    expect(await tab.run(ask, "/v1/orders", null)).toEqual([200, before.orders])
  })

  it("a page of an allowed origin does all of that", async () => {
    const tab = await browser.tab()
    await tab.open(`${allowed()}/`)
    const answers = []
    for (const { body, url } of wishes()) answers.push(await tab.run(ask, url, body))
    expect(
      answers.map(([status]) => status),
      String(answers),
    ).toEqual([201, 200, 201, 200, 200])
    expect(await tab.run(ask, `${service.url}/v1/orders`, null)).toEqual([200, expect.stringContaining("foreign")])
    expect(await Trade.stock(service, product)).toEqual({ onHand: 4, reserved: 0, available: 4 })
  })
})
