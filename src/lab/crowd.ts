/** 400 buyers for 50 units, again and again: each run a product of its own, judged afterwards by the database alone. */
import * as Audit from "./audit.ts"
import type { Crowd } from "./report.ts"
import type { Room } from "./room.ts"
import * as Service from "./service.ts"
import type { Stand } from "./stand.ts"

/** Buyers of one product at once, and units there are. */
export const CROWD = { buyers: 400, units: 50 }

/** A slow guard on a busy machine, seconds. */
const PATIENCE_SECONDS = 30

/** The products they came for. After the first run no other begins once `isLate`. */
export const come = async (
  room: Room,
  stand: Stand,
  runs: number,
  isLate: () => boolean,
): Promise<ReadonlyArray<string>> => {
  const { contender, service } = stand
  const products: Array<string> = []
  for (let run = 1; run <= runs && (run === 1 || !isLate()); run++) {
    room.log(`${contender}: ${CROWD.buyers} buyers for ${CROWD.units} units, ${run} of ${runs}`)
    const product = await Service.create(service.url, `CROWD-${run}`, CROWD.units)
    products.push(product)
    await room.generators.put({
      urls: [service.url],
      connections: CROWD.buyers,
      limit: CROWD.buyers,
      seconds: PATIENCE_SECONDS,
      warmUpSeconds: 0,
      rate: null,
      products: [product],
      lines: 1,
      tag: `crowd-${run}`,
      seed: run,
    })
  }
  return products
}

export const judge = async (
  { databases }: Room,
  { contender, database }: Stand,
  products: ReadonlyArray<string>,
): Promise<Crowd> => {
  const oversold = await Audit.oversoldOf(databases, database, products)
  return {
    contender,
    ...CROWD,
    runs: products.length,
    oversoldRuns: oversold.filter((units) => units > 0).length,
    oversoldUnits: oversold.reduce((sum, units) => sum + units, 0),
  }
}
