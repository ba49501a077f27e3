#!/usr/bin/env bash
# One node of Apache Kafka (KRaft, broker and controller in one), for machines without Docker. Needs Java 17 and Maven; the
# jars come from Maven Central, once.
#
#     infra/kafka/start.sh                   # 127.0.0.1:9092, data under .jaego/kafka; Ctrl-C stops it
#     infra/kafka/start.sh --jars            # only fetches the jars
#
# KAFKA_PORT             where it listens (9092)
# KAFKA_CONTROLLER_PORT  where it talks to itself (9093)
# KAFKA_ADVERTISED_PORT  what clients are given (KAFKA_PORT); another one when something stands between
# KAFKA_DATA             its folder (.jaego/kafka); kept, a second start finds what the first one stored
# KAFKA_JVM              options of the JVM (-Xms256m -Xmx512m)
set -euo pipefail
here="$(cd "$(dirname "$0")" && pwd)"

give_up() {
  echo "kafka: $1" >&2
  exit 1
}

command -v java >/dev/null || give_up "there is no java; Java 17 is needed (Debian: apt-get install openjdk-17-jre-headless)"

# Fetched into a folder of its own and renamed, so that no process ever sees half of them.
libs="$here/libs"
if [ ! -d "$libs" ]; then
  command -v mvn >/dev/null || give_up "there is no mvn; Maven is needed once, for the jars (Debian: apt-get install maven)"
  fetched="$(mktemp -d "$here/libs.XXXXXX")"
  trap 'rm -rf "$fetched"' EXIT
  mvn -q -B -f "$here/pom.xml" dependency:copy-dependencies -DoutputDirectory="$fetched" -DincludeScope=runtime >&2 ||
    give_up "Maven could not fetch the jars"
  chmod 755 "$fetched"
  # Another process may have been faster.
  if [ -d "$libs" ]; then rm -rf "$fetched"; else mv "$fetched" "$libs"; fi
  trap - EXIT
fi
[ "${1:-}" = "--jars" ] && exit 0

port="${KAFKA_PORT:-9092}"
controller="${KAFKA_CONTROLLER_PORT:-9093}"
advertised="${KAFKA_ADVERTISED_PORT:-$port}"
data="${KAFKA_DATA:-$here/../../.jaego/kafka}"
mkdir -p "$data"

cat >"$data/server.properties" <<PROPERTIES
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:$controller
listeners=PLAINTEXT://127.0.0.1:$port,CONTROLLER://127.0.0.1:$controller
advertised.listeners=PLAINTEXT://127.0.0.1:$advertised
controller.listener.names=CONTROLLER
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
log.dirs=$data/log
offsets.topic.replication.factor=1
offsets.topic.num.partitions=8
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
auto.create.topics.enable=false
PROPERTIES

if [ ! -f "$data/log/meta.properties" ]; then
  # 16 random bytes, base64url: the form of Kafka's cluster ids.
  cluster="$(head -c 16 /dev/urandom | base64 | tr '+/' '-_' | tr -d '=')"
  java -cp "$libs/*" kafka.tools.StorageTool format -t "$cluster" -c "$data/server.properties" >/dev/null 2>"$data/format.log" ||
    give_up "cannot format $data/log, see $data/format.log"
fi

# exec: a signal to this script is a signal to Kafka.
# shellcheck disable=SC2086 # options are split into words
exec java ${KAFKA_JVM:--Xms256m -Xmx512m} -cp "$libs/*" kafka.Kafka "$data/server.properties"
