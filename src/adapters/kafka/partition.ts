/**
 * The partition of a key: where Kafka's own clients put it, so that others who write or join by the same key meet it there.
 *
 * Law: one key, one partition, as long as the topic keeps its number of partitions.
 */

/** Murmur2 of a text, as `org.apache.kafka.common.utils.Utils.murmur2` of its bytes. */
const murmur2 = (text: string): number => {
  const bytes = Buffer.from(text)
  const whole = bytes.length & ~3
  let hash = 0x9747b28c ^ bytes.length
  for (let at = 0; at < whole; at += 4) {
    let word = bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)
    word = Math.imul(word, 0x5bd1e995)
    word ^= word >>> 24
    hash = Math.imul(hash, 0x5bd1e995) ^ Math.imul(word, 0x5bd1e995)
  }
  const rest = bytes.length - whole
  if (rest > 2) hash ^= bytes[whole + 2]! << 16
  if (rest > 1) hash ^= bytes[whole + 1]! << 8
  if (rest > 0) hash = Math.imul(hash ^ bytes[whole]!, 0x5bd1e995)
  hash = Math.imul(hash ^ (hash >>> 13), 0x5bd1e995)
  return hash ^ (hash >>> 15)
}

/** From 0; a message without a key lies in the first. */
export const partitionOf = (key: string, partitions: number): number =>
  key === "" ? 0 : (murmur2(key) & 0x7fffffff) % partitions
