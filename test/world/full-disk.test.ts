/** A disk that is full while the shop sells: the service says that it is not ready and why, and recovers by itself. */
import { join } from "node:path"
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest"
import { leaveOut, noRoot } from "../support/missing.ts"
import { freshFolder, mountSmallDisk, OwnPostgres, type SmallDisk } from "../support/own-postgres.ts"
import { killAll, start, until } from "../support/service.ts"

const DISK_MB = 64

/** More than fit into the pages that the tables have already. */
const ORDERS_MAX = 3_000

describe.skipIf(leaveOut("a full disk", noRoot()))("a database on a full disk", () => {
  const { path, remove } = freshFolder()
  let disk: SmallDisk
  let postgres: OwnPostgres

  beforeAll(async () => {
    const mounted = mountSmallDisk(DISK_MB)
    if ("refused" in mounted) throw new Error(mounted.refused)
    disk = mounted
    postgres = await OwnPostgres.make(join(path, "home"))
    await postgres.tablespace("small", join(disk.path, "tables"))
  })
  afterEach(killAll)
  afterAll(async () => {
    await postgres?.stop("immediate")
    disk?.remove()
    remove()
  })

  it("makes the service unready until there is room, though no order asks again", async () => {
    const service = await start({ DATABASE_URL: await postgres.database("shop", "small"), WORKERS: "1" })
    const product = { sku: "bread", name: "Bread", price: { amount: 250, currency: "EUR" }, onHand: 1_000_000 }
    const { body } = await service.post("/v1/products", product)
    const order = { customerId: "x".repeat(100), lines: [{ productId: body.id, quantity: 1 }] }
    const ready = async () => (await service.get("/readyz")).body
    disk.fill()
    let orders = 0
    await until("it says that it is not ready", async () => {
      if (++orders > ORDERS_MAX) throw new Error("every order found room")
      await service.post("/v1/orders", order, { "idempotency-key": `order-${orders}` })
      return (await ready()).code === "database"
    })
    expect(service.process.stdout + service.process.stderr).toMatch(
      /refuses all commits, and the service is not ready: .*No space left on device/,
    )
    disk.free()
    await until("it is ready again", async () => (await ready()).status === "ready")
    expect((await service.post("/v1/orders", order, { "idempotency-key": "last" })).status).toBeLessThan(300)
  })
})
