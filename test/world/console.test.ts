/**
 * The console in a real Chromium, before a real service: idle, in a sale, paused, and after the service has gone.
 * `CONSOLE_SHOTS=folder` keeps a picture of each.
 */
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { PgClient } from "@effect/sql-pg"
import { Effect } from "effect"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import * as PostgresClient from "../../src/adapters/postgres/client.ts"
import * as Chromium from "../support/chromium.ts"
import { absent, leaveOut } from "../support/missing.ts"
import { freshDatabase } from "../support/postgres.ts"
import { killAll, type Service, start, until } from "../support/service.ts"
import * as Trade from "../support/trade.ts"

const isLeftOut = leaveOut("the console", absent("chromium"))

/** Bytes that the page may have. */
const PAGE_MAX = 150 * 1_024

const DESK = { width: 1_200, height: 1_500, scheme: "light" } as const
const PHONE = { width: 360, height: 2_600, scheme: "dark" } as const

describe.skipIf(isLeftOut)("the console", () => {
  let service: Service
  let browser: Chromium.Browser
  let tab: Chromium.Tab
  let product: string
  let url: string

  const run = (statement: string) =>
    Effect.runPromise(
      Effect.flatMap(PgClient.PgClient, (sql) => sql.unsafe(statement)).pipe(Effect.provide(PostgresClient.layer(url))),
    )
  const shown = (selector: string) =>
    tab.run((at: string) => document.querySelector(at)?.textContent ?? "", selector as never)
  const seen = (selector: string, text: string | RegExp) =>
    until(`${selector} says ${text}`, async () => {
      const found = await shown(selector)
      return typeof text === "string" ? found.includes(text) : text.test(found)
    })
  /** On a desk and on a phone. */
  const picture = async (name: string) => {
    const folder = process.env["CONSOLE_SHOTS"]
    if (folder === undefined) return
    writeFileSync(join(folder, `${name}.png`), await tab.screenshot())
    await tab.emulate(PHONE)
    writeFileSync(join(folder, `${name}-phone.png`), await tab.screenshot())
    await tab.emulate(DESK)
  }
  beforeAll(async () => {
    url = await freshDatabase()
    service = await start({ DATABASE_URL: url, HTTP_THREADS: "1", SHIPPING_AFTER_SECONDS: "86400" })
    browser = await Chromium.start()
    tab = await browser.tab()
    await tab.emulate(DESK)
    product = await Trade.create(service, 500)
  })
  afterAll(async () => {
    await browser?.close()
    await killAll()
  })

  it("is one page without anything from elsewhere", async () => {
    const page = await service.get("/console")
    expect([page.status, page.headers.get("content-type")]).toEqual([200, "text/html; charset=utf-8"])
    expect(Buffer.byteLength(page.text)).toBeLessThan(PAGE_MAX)
    await tab.open(`${service.url}/console`)
    await seen("#light", "sells")
    const loaded = await tab.run(() => performance.getEntriesByType("resource").map(({ name }) => name))
    expect(loaded.filter((url) => !url.startsWith(service.url) && !url.startsWith("data:"))).toEqual([])
    await picture("idle")
  })

  it("shows a sale: its rate, its waits, and what is left of the product", async () => {
    for (let bought = 0; bought < 40; bought++) await Trade.buy(service, product)
    await seen("#hottest", "Moon jar")
    await until("orders are drawn", () =>
      tab.run(() => {
        const points = document.querySelector('[data-series="orders"] polyline')?.getAttribute("points") ?? ""
        return new Set(points.split(" ").map((point) => point.split(",")[1])).size > 1
      }),
    )
    await seen("#hottest", "460")
    await seen("#thread-rows", /worker-0.*http-0|http-0.*worker-0/)
    await seen("#states", "payment")
    await picture("sale")
  })

  it("says whether the books agree, what differs, and when nothing looks", async () => {
    await seen("#books-say", "books agree")
    await seen("#books-when", /checked \d+(\.\d)? s ago/)
    const isHidden = () => tab.run(() => document.querySelector<HTMLElement>("#differences")!.hidden)
    expect(await isHidden()).toBe(true)
    await run(`update stock set on_hand = on_hand + 7 where product_id = '${product}'`)
    await seen("#books-say", "books differ in 1 place")
    await seen("#differing", `product ${product}: its stock says`)
    expect(await isHidden()).toBe(false)
    await picture("books-differ")
    await run(`update stock set on_hand = on_hand - 7 where product_id = '${product}'`)
    await seen("#books-say", "books agree")
    // Another process has the audit, and does not look.
    await run(`update audit set holder = gen_random_uuid(), looked_at = now() + interval '1 hour',
      state = jsonb_set(state, '{auditedAt}', to_jsonb((extract(epoch from now()) * 1000 - 300000)::bigint))`)
    await seen("#books-say", "the audit is behind")
    await seen("#books-when", "checked 5 min ago")
    expect(await tab.run(() => document.querySelector("#books")!.className)).toBe("light quiet")
    // What is read aloud changes with the verdict, and not every second.
    expect(await tab.run(() => document.querySelector("#books-when")!.closest("[aria-live]"))).toBe(null)
    await run("update audit set holder = null")
    await seen("#books-say", "books agree")
  })

  it("finds an order by its id, its idempotency key and its customer, with what is pending and why it was cancelled", async () => {
    const wish = { customerId: "hana", lines: [{ productId: product, quantity: 1 }], payment: "later" } as const
    const { body } = await Trade.order(service, wish, "cart 7/1")
    const ask = (wanted: string) =>
      tab.run((text: string) => {
        const field = document.querySelector<HTMLInputElement>("#wanted")!
        field.value = text
        field.form!.requestSubmit()
      }, wanted as never)
    await ask(body.id)
    await seen("#found", body.id)
    await seen("#found", /Pending: to be paid until/)
    await ask("nobody")
    await seen("#found", "No order has that id")
    await ask("hana")
    await seen("#found", body.id)
    await ask("nobody")
    await seen("#found", "No order has that id")
    await ask("cart 7/1")
    await seen("#found", body.id)
    expect(await tab.run(() => document.querySelectorAll("#found article").length)).toBe(1)
    await service.post(`/v1/orders/${body.id}/cancel`, { reason: "the wrong jar" })
    await ask(body.id)
    await seen("#found", "Cancelled: the wrong jar")
    await ask("nobody")
    await seen("#found", "No order has that id")
    // What a customer is called is text, never markup.
    const markup = "<img src=x onerror=document.title='owned'>"
    await Trade.buy(service, product, { customerId: markup })
    await ask(markup)
    await seen("#found", markup)
    expect(await tab.run(() => document.querySelectorAll("#found img").length)).toBe(0)
  })

  it("shows dead letters by what is wrong with them, and has them handled once more by the keyboard", async () => {
    await seen("#letter-rows", "none")
    await run("alter table shipments add constraint trouble check (false) not valid")
    await Trade.times(3, () => Trade.buy(service, product))
    await seen("#letter-rows", /shipping.*trouble.*jaego dlq show \d+3/s)
    expect(await tab.run(() => document.querySelectorAll("#letter-rows tr").length)).toBe(1)
    await picture("dead-letters")
    // With its longest rows it still fits a phone, and the button can be seen there.
    await tab.emulate(PHONE)
    const ends = () =>
      [document.documentElement, document.querySelector("#letter-rows button")!].map((each) =>
        Math.max(each.scrollWidth, each.getBoundingClientRect().right),
      )
    for (const end of await tab.run(ends)) expect(end).toBeLessThanOrEqual(PHONE.width)
    await tab.emulate(DESK)
    const replay = async () => {
      await tab.run(() => document.querySelector<HTMLButtonElement>("#letter-rows button")!.focus())
      await tab.press("Enter")
    }
    await replay()
    await seen("#letters-said", /0 handled, 3 stay: .*trouble/)
    await run("alter table shipments drop constraint trouble")
    await replay()
    await seen("#letters-said", "3 handled, 0 stay")
    await seen("#letter-rows", "none")
  })

  it("pauses and resumes, by the keyboard alone", async () => {
    await tab.run(() => document.querySelector<HTMLInputElement>("#scope")!.focus())
    await tab.press("Tab")
    await tab.type("stocktaking")
    await tab.press("Enter")
    await seen("#light", "paused by an operator")
    expect((await Trade.buy(service, product)).status).toBe(503)
    await seen("#paused", "everything")
    await picture("paused")
    await tab.run(() => document.querySelector<HTMLButtonElement>("#paused button")!.focus())
    await tab.press("Enter")
    await seen("#light", "sells")
    expect((await Trade.buy(service, product)).status).toBe(201)
  })

  it("has a name for everything that can be reached, and fits a phone", async () => {
    const nameless = await tab.run(() =>
      [...document.querySelectorAll<HTMLElement>("input, select, button, a")]
        .filter(
          (each) =>
            (each.getAttribute("aria-label") ?? each.closest("label")?.textContent ?? each.textContent ?? "").trim() ===
            "",
        )
        .map(({ outerHTML }) => outerHTML),
    )
    expect(nameless).toEqual([])
    await tab.emulate(PHONE)
    const width = await tab.run(() => document.documentElement.scrollWidth)
    expect(width).toBeLessThanOrEqual(PHONE.width)
    await tab.emulate(DESK)
  })

  it("rests while its tab is hidden, and catches up", async () => {
    const asks = () =>
      tab.run(
        () => performance.getEntriesByType("resource").filter(({ name }) => name.includes("/v1/admin/console")).length,
      )
    const hide = (hidden: boolean) =>
      tab.run((isHidden: boolean) => {
        Object.defineProperty(document, "hidden", { configurable: true, get: () => isHidden })
        document.dispatchEvent(new Event("visibilitychange"))
      }, hidden as never)
    await hide(true)
    const pass = (ms: number) =>
      tab.run((wait: number) => new Promise((resolve) => setTimeout(resolve, wait)), ms as never)
    // One that was under way may still end, later on a busy machine.
    const resting = await until("it rests", async () => {
      const before = await asks()
      await pass(1_500)
      const now = await asks()
      return now === before && now
    })
    await pass(2_500)
    expect(await asks()).toBe(resting)
    await hide(false)
    await until("it asks again", async () => (await asks()) > resting)
  })

  it("says so when the service is gone", async () => {
    await service.kill()
    await seen("#light", "no answer since")
    expect(await tab.run(() => document.title)).toBe("! Jaego")
    await picture("outage")
  })
})
