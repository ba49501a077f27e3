/** Something else fills the disk of the embedded database: what the runbook says of `disk`. */
import { spawnSync } from "node:child_process"
import { rmSync, statfsSync } from "node:fs"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import * as Drill from "../../support/drill.ts"
import { absent, leaveOut, noRoot } from "../../support/missing.ts"
import { mountSmallDisk, type SmallDisk } from "../../support/own-postgres.ts"
import { Prometheus } from "../../support/prometheus.ts"
import { killAll, type Service, start } from "../../support/service.ts"

const isLeftOut = leaveOut("the drill of the disk", [...absent("prometheus", "fallocate"), ...noRoot()])

/** Several times what an empty shop takes, and none of it is used. */
const DISK_MB = 512

describe.skipIf(isLeftOut)("a drill of the disk", () => {
  let disk: SmallDisk
  let service: Service
  let prometheus: Prometheus

  beforeAll(async () => {
    const mounted = mountSmallDisk(DISK_MB)
    if ("refused" in mounted) throw new Error(mounted.refused)
    disk = mounted
    service = await start({ JAEGO_HOME: join(disk.path, "home"), WORKERS: "1" })
    prometheus = await Prometheus.start([service], Drill.RULES)
  })
  afterAll(async () => {
    await prometheus?.stop()
    await killAll()
    disk?.remove()
  })

  it("disk: what is not the database's is moved away", async () => {
    const { bavail, blocks, bsize } = statfsSync(disk.path)
    const heap = join(disk.path, "a-heap.heapsnapshot")
    const taken = Math.floor((bavail - blocks * 0.05) * bsize)
    expect(spawnSync("fallocate", ["-l", String(taken), heap]).status).toBe(0)
    await Drill.fires(prometheus, "JaegoDiskNearlyFull", "disk")
    const env = { JAEGO_HOME: join(disk.path, "home") }
    expect(await Drill.follow("disk", "df -h", service, env)).toMatch(/9\d%/)
    expect(await Drill.follow("disk", "du -xah", service, env)).toContain(heap)
    rmSync(heap)
    await Drill.ends(prometheus, "JaegoDiskNearlyFull")
  })
})
