/**
 * Lesson: hold first, then pay. The same order flow in two orders, before a provider that takes its time and declines some: a buyer who pays
 * before the units are held pays for nothing, and is paid back; one who holds first is answered at once.
 */
import { bar, type Lesson } from "./lesson.ts"
import { VirtualClock } from "./virtual-clock.ts"

const BUYERS = 60
const UNITS = 20
/** Buyers come this far apart, virtual ms. */
const APART_MS = 2
/** How long the provider thinks, virtual ms. */
const PAYING_MS = 500
/** One card in so many is declined. */
const DECLINED_EACH = 6

/** The world of one run. */
class Shop {
  readonly clock = new VirtualClock()
  free = UNITS
  charges = 0
  refunds = 0

  /** True: charged. */
  async pay(buyer: number): Promise<boolean> {
    await this.clock.pause(PAYING_MS)
    if (buyer % DECLINED_EACH === 0) return false
    this.charges++
    return true
  }

  refund(): void {
    this.refunds++
  }

  /** Check and take in one step. */
  take(): boolean {
    if (this.free === 0) return false
    this.free--
    return true
  }

  giveBack(): void {
    this.free++
  }
}

type SaleEnd = "sold" | "sold out" | "declined"
type Flow = (shop: Shop, buyer: number) => Promise<SaleEnd>

/** Look, pay, take: what is written down first, with one buyer in mind. */
export const payFirst: Flow = async (shop, buyer) => {
  if (shop.free === 0) return "sold out"
  if (!(await shop.pay(buyer))) return "declined"
  if (shop.take()) return "sold"
  shop.refund()
  return "sold out"
}

/** Hold, pay; and what was held is given back when the payment fails (compensation). */
export const holdFirst: Flow = async (shop, buyer) => {
  if (!shop.take()) return "sold out"
  if (await shop.pay(buyer)) return "sold"
  shop.giveBack()
  return "declined"
}

interface Day {
  readonly sold: number
  readonly charges: number
  readonly refunds: number
  /** How long those waited who got nothing because nothing was left, on average, virtual ms. */
  readonly waitedForNothingMs: number
}

export const day = async (flow: Flow): Promise<Day> => {
  const shop = new Shop()
  const waits: Array<number> = []
  const buyers = Array.from({ length: BUYERS }, async (_, buyer) => {
    await shop.clock.pause(buyer * APART_MS)
    const came = shop.clock.now
    const outcome = await flow(shop, buyer)
    if (outcome === "sold out") waits.push(shop.clock.now - came)
    return outcome
  })
  const outcomes = await shop.clock.run(buyers)
  return {
    sold: outcomes.filter((outcome) => outcome === "sold").length,
    charges: shop.charges,
    refunds: shop.refunds,
    waitedForNothingMs: waits.reduce((sum, ms) => sum + ms, 0) / Math.max(1, waits.length),
  }
}

const FLOWS = { "look, pay, take": payFirst, "hold, pay": holdFirst }

export const holdFirstLesson: Lesson = {
  name: "hold-first",
  title: "hold first, as railways sell: no buyer pays for a seat that is gone",
  page: "docs/guide/00-first-test.md",
  run: async ({ print }) => {
    print(`${BUYERS} buyers, one each ${APART_MS} ms, for ${UNITS} units; a payment takes ${PAYING_MS} ms.`)
    const days: Array<Day> = []
    for (const [name, flow] of Object.entries(FLOWS)) {
      const found = await day(flow)
      days.push(found)
      print(`  ${name}`)
      print(bar("charged", found.charges, BUYERS))
      print(bar("sold", found.sold, BUYERS))
      print(bar("paid for nothing, refunded", found.refunds, BUYERS))
      print(
        bar('answered "sold out" after, ms', found.waitedForNothingMs, PAYING_MS, found.waitedForNothingMs.toFixed(0)),
      )
    }
    const [paying, holding] = days as [Day, Day]
    return {
      failed: paying.refunds > 0 && paying.charges > UNITS,
      held: holding.refunds === 0 && holding.charges === holding.sold && holding.waitedForNothingMs === 0,
    }
  },
}
