/**
 * Two instances on one database behind Debian's nginx and HAProxy, with the configurations that this project ships: which of
 * the two sells is no concern of the buyers, and what one of them was answered outlives it.
 */
import { type ChildProcess, spawn } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { type AddressInfo, createServer } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, afterEach, describe, expect, it } from "vitest"
import { absent, leaveOut } from "../support/missing.ts"
import { freshDatabase } from "../support/postgres.ts"
import { killAll, ROOT, Service, start, until } from "../support/service.ts"
import * as Trade from "../support/trade.ts"

const BUYERS = 16

interface Balancer {
  readonly name: string
  readonly config: string
  /** Its arguments, once the configuration lies in the folder. */
  readonly prepare: (folder: string, config: string) => ReadonlyArray<string>
}

const nginx: Balancer = {
  name: "nginx",
  config: "infra/nginx/jaego.conf",
  prepare: (folder, config) => {
    writeFileSync(join(folder, "jaego.conf"), config)
    const paths = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(
      (each) => `${each}_temp_path ${folder}/${each};`,
    )
    const main = `pid ${folder}/pid; events {} http { access_log off; ${paths.join(" ")} include ${folder}/jaego.conf; }`
    writeFileSync(join(folder, "nginx.conf"), main)
    return ["-p", folder, "-c", join(folder, "nginx.conf"), "-e", join(folder, "error.log"), "-g", "daemon off;"]
  },
}

const haproxy: Balancer = {
  name: "haproxy",
  config: "infra/haproxy/jaego.cfg",
  prepare: (folder, config) => {
    writeFileSync(join(folder, "jaego.cfg"), config)
    return ["-db", "-f", join(folder, "jaego.cfg")]
  },
}

const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo
      server.close(() => resolve(port))
    })
  })

const portOf = ({ url }: Service): string => new URL(url).port

describe.each([nginx, haproxy])("two instances behind $name", (balancer) => {
  const folder = mkdtempSync(join(tmpdir(), "jaego-balancer-"))
  let child: ChildProcess | null = null
  afterEach(async () => {
    child?.kill("SIGKILL")
    await killAll()
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  const balanced = async (first: Service, second: Service): Promise<Service> => {
    const port = await freePort()
    const config = readFileSync(join(ROOT, balancer.config), "utf8")
      .replaceAll(":3001", `:${portOf(first)}`)
      .replaceAll(":3002", `:${portOf(second)}`)
      .replaceAll(":8080", `:${port}`)
    child = spawn(balancer.name, balancer.prepare(folder, config), { stdio: "ignore" })
    const shop = new Service(first.process, `http://127.0.0.1:${port}`)
    await until("the balancer answers", async () => (await shop.get("/readyz")).status === 200)
    return shop
  }

  it.skipIf(leaveOut(`two instances behind ${balancer.name}`, absent(balancer.name)))(
    "no buyer meets the stand-by, and none loses an order with the one that sells",
    async () => {
      const database = await freshDatabase()
      const env = { DATABASE_URL: database, WORKERS: "1", TRUSTED_PROXIES: "127.0.0.1" }
      const sells = await start(env)
      const standsBy = await start(env)
      // Listed first: half of all requests would begin with it.
      const shop = await balanced(standsBy, sells)
      const product = await Trade.create(sells, 1_000_000)
      // What is for operators on the machine itself is not for those who come through the balancer.
      expect((await sells.get("/v1/admin/dependencies")).status).toBe(200)
      expect((await shop.get("/v1/admin/dependencies")).status).toBe(403)

      const calm = await Trade.times(200, () => Trade.buy(shop, product, { payment: "later" }))
      expect(Trade.tally(calm)).toEqual({ "202": 200 })

      /** Order ids by key: what a buyer who repeats the same request with the same key ends with. */
      const placed = new Map<string, string>()
      let isOver = false
      const buyer = async () => {
        while (!isOver) {
          const key = Trade.newKey()
          await until("an order is answered", async () => {
            const wish = { lines: [{ productId: product, quantity: 1 }], payment: "later" as const }
            const answer = await Trade.order(shop, wish, key)
            // The only "not now" that a buyer is shown; all else would be a lost or a wrong answer.
            if (answer.status === 503 || answer.body?.code === "idempotency-in-progress") return false
            expect(answer.status, answer.text).toBe(202)
            placed.set(key, answer.body.id)
            return true
          })
        }
      }
      const buyers = Trade.times(BUYERS, buyer)
      await until("they buy", () => placed.size > 200)
      await sells.kill()
      const before = placed.size
      await until("they buy at the other one", () => placed.size > before + 200)
      isOver = true
      await buyers

      expect(new Set(placed.values()).size).toBe(placed.size)
      const { available, onHand } = await Trade.stock(shop, product)
      expect(onHand - available).toBe(calm.length + placed.size)
      await Trade.verify(database)
    },
  )
})
