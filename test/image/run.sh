#!/usr/bin/env bash
# The image, as somebody runs it: every way to `docker stop` it must leave the belt at rest, say `offline` and exit 0
# within Docker's own 10 s. Not part of `npm test`, since it needs a Docker engine, the built image, and mosquitto with
# its clients on this machine:
#   docker build -f docker/Dockerfile -t walkingpad2mqtt .  &&  test/image/run.sh [IMAGE]
set -u
cd "$(dirname "$0")/../.." || exit 1
image=${1:-walkingpad2mqtt}
name=walkingpad2mqtt-test-$$
folder=$(mktemp -d)
port=$((20000 + RANDOM % 20000))
seen=$folder/seen
passed=0 failed=0 broker='' watcher=''
PATH=$PATH:/usr/sbin

for tool in docker mosquitto mosquitto_pub mosquitto_sub; do
  command -v "$tool" >/dev/null || { echo "$tool is missing"; exit 1; }
done
docker image inspect "$image" >/dev/null || exit 1

clean_up() {
  [ -n "$watcher" ] && kill "$watcher" 2>/dev/null
  [ -n "$broker" ] && kill "$broker" 2>/dev/null
  docker rm -fv "$name" >/dev/null 2>&1
  docker volume rm "$name" >/dev/null 2>&1
  rm -rf "$folder"
}
trap clean_up EXIT

ok() { passed=$((passed + 1)); printf 'ok    %s\n' "$1"; }
bad() { failed=$((failed + 1)); printf 'FAIL  %s: %s\n' "$scene" "$1"; docker logs --tail 20 "$name" 2>&1 | sed 's/^/      | /'; }

start_broker() {
  printf 'listener %s 127.0.0.1\nallow_anonymous true\n' "$port" >"$folder/mosquitto.conf"
  mosquitto -c "$folder/mosquitto.conf" >"$folder/mosquitto.log" 2>&1 &
  broker=$!
  : >"$seen"
  for _ in $(seq 50); do mosquitto_pub -p "$port" -t x -n 2>/dev/null && break; sleep 0.1; done
  mosquitto_sub -p "$port" -t 'walkingpad2mqtt/#' -F '%t %p' >>"$seen" 2>/dev/null &
  watcher=$!
}

stop_broker() {
  kill "$broker" "$watcher" 2>/dev/null
  wait "$broker" "$watcher" 2>/dev/null
  broker='' watcher=''
}

# until SECONDS COMMAND...: true as soon as the command is.
until_true() {
  local end=$((SECONDS + $1))
  shift
  until "$@"; do
    [ "$SECONDS" -ge "$end" ] && return 1
    sleep 0.1
  done
}
saw() { grep -qE "$1" "$seen"; }
last() { grep -E "^walkingpad2mqtt/$1 " "$seen" | tail -n 1; }
say() { mosquitto_pub -p "$port" -t "walkingpad2mqtt/$1" -m "$2"; }
state_is() { last office/state | grep -qE "$1"; }
faster_than() { local speed; speed=$(last office/state | sed -nE 's/.*"speed":([0-9.]+).*/\1/p'); awk "BEGIN { exit !(${speed:-0} >= $1) }"; }

PADS='[{"id":"office","address":"57:4c:4e:00:00:01"}]'
# A pad that is configured, and one in range: the same, or nobody.
run() {
  local here=$1
  shift
  docker rm -fv "$name" >/dev/null 2>&1
  : >"$seen"
  docker run -d --name "$name" --network host --read-only \
    -e WALKINGPAD2MQTT_MQTT_URL="mqtt://127.0.0.1:$port" -e WALKINGPAD2MQTT_BLUETOOTH_RADIO=simulator \
    -e WALKINGPAD2MQTT_PADS="$PADS" -e WALKINGPAD2MQTT_SIMULATOR_PADS="$here" -e WALKINGPAD2MQTT_WEB_ENABLED=false \
    "$@" >/dev/null
}
HERE='[{"address":"57:4c:4e:00:00:01","model":"r1pro"}]'
NOBODY='[]'

walk_at() {
  until_true 20 saw 'office/availability .*online' || return 1
  say office/set "{\"belt\":\"ON\",\"speed\":$1}"
  until_true 30 faster_than "$1"
}

# ends MILLISECONDS: `docker stop` without a word about time, and how that went.
ends() {
  local from to code
  from=$(date +%s%3N)
  docker stop "$name" >/dev/null
  to=$(($(date +%s%3N) - from))
  code=$(docker inspect -f '{{.State.ExitCode}}' "$name")
  [ "$code" = 0 ] || { bad "exit $code after $to ms"; return 1; }
  [ "$to" -lt "$1" ] || { bad "it took $to ms"; return 1; }
  took=$to
}
container_is() { [ "$(docker inspect -f "{{.$1}}" "$name")" = "$2" ]; }
is_offline() { last bridge/state | grep -q '"offline"'; }
# Said by telemetry, and after `stopping`: once the link is closed the belt is `unknown` again.
rests() {
  is_offline && last office/availability | grep -q offline &&
    sed '1,/bridge\/state .*"stopping"/d' "$seen" | grep -qE 'office/state .*"belt":"(idle|standby)".*"speed":0,.*"stop_confirmed":true'
}
clean_stop() {
  ends "$1" || return
  until_true 2 rests || { bad "the last words: $(last office/state) $(last bridge/state)"; return; }
  ok "$scene: belt at rest, offline, exit 0 in $took ms"
}

start_broker

scene='what is in it'
user=$(docker image inspect -f '{{.Config.User}}' "$image")
tools=$(docker run --rm --entrypoint sh "$image" -c 'command -v g++ make python3 npm npx yarn')
if [ -z "$user" ] || [ "${user%%:*}" = 0 ] || [ "$user" = root ]; then bad "it runs as root"
elif [ -n "$tools" ]; then bad "it has $tools"
else ok "$scene: user $user, no compiler, no npm, $(($(docker image inspect -f '{{.Size}}' "$image") / 1000000)) MB"; fi

# NET_RAW is bit 13 and NET_ADMIN bit 12 (capabilities(7)).
scene='Node has the capabilities that the container was given'
print='fs.readFileSync("/proc/self/status", "utf8").match(/CapEff:\s*(\w+)/)[1]'
capabilities() { docker run --rm "$@" --entrypoint node "$image" -p "$print" | sed 's/^0*//'; }
given="$(capabilities) $(capabilities --cap-add NET_ADMIN) $(capabilities --cap-drop ALL) $(capabilities --cap-drop ALL --cap-add NET_RAW)"
if [ "$given" = '2000 3000  2000' ]; then ok "$scene"; else bad "$given"; fi

scene='no-new-privileges takes them from user 1000, and leaves root what it was given'
safer='--security-opt no-new-privileges --cap-drop ALL --cap-add NET_ADMIN --cap-add NET_RAW'
# shellcheck disable=SC2086
given="$(capabilities $safer),$(capabilities $safer --user 0)"
if [ "$given" = ',3000' ]; then ok "$scene"; else bad "$given"; fi

scene='docker start and docker stop at once'
run "$NOBODY" "$image"
docker stop "$name" >/dev/null
worst=0
for _ in 1 2 3 4 5; do
  docker start "$name" >/dev/null
  ends 3000 || break
  [ "$took" -gt "$worst" ] && worst=$took
done
[ -n "${took:-}" ] && ok "$scene: five times exit 0, in $worst ms at most"

for flags in '' '--init' '--cap-drop ALL --security-opt no-new-privileges'; do
  scene="docker stop at 2 km/h${flags:+ with $flags}"
  # shellcheck disable=SC2086
  run "$HERE" $flags "$image"
  if walk_at 2; then clean_stop 10000; else bad 'the belt never reached 2 km/h'; fi
done

# The belts have 7.5 s: on a busy machine, or with a status at the wrong moment, the second one at rest comes too late.
scene='docker stop at 3 km/h'
run "$HERE" "$image"
if walk_at 3; then
  if ends 10000 && until_true 2 is_offline; then
    how=$(docker logs "$name" 2>&1 | grep -oE 'Belt at rest|still slowing down|no second one confirms' | head -n 1)
    if [ -n "$how" ]; then ok "$scene: the log says '$how', offline, exit 0 in $took ms"
    else bad 'the log does not say how the belt was left'; fi
  fi
else bad 'the belt never reached 3 km/h'; fi

scene='docker kill -s INT at 1 km/h'
run "$HERE" "$image"
if walk_at 1; then
  from=$(date +%s%3N)
  docker kill -s INT "$name" >/dev/null
  code=$(docker wait "$name")
  took=$(($(date +%s%3N) - from))
  if [ "$code" = 0 ] && until_true 2 rests; then ok "$scene: belt at rest, offline, exit 0 in $took ms"
  else bad "exit $code, the last words: $(last office/state) $(last bridge/state)"; fi
else bad 'the belt never reached 1 km/h'; fi

scene='docker stop at 6 km/h with the times of compose.yaml'
run "$HERE" --stop-timeout 30 -e WALKINGPAD2MQTT_SAFETY_SHUTDOWN_TIMEOUT=25 "$image"
if walk_at 6; then clean_stop 30000; else bad 'the belt never reached 6 km/h'; fi

scene='docker stop at 6 km/h'
run "$HERE" "$image"
if walk_at 6; then
  ends 10000 && until_true 2 is_offline &&
    if docker logs "$name" 2>&1 | grep -q 'still slowing down'; then ok "$scene: let go while it slows, and said so, offline, exit 0 in $took ms"
    else bad 'it does not say that the belt was let go'; fi
else bad 'the belt never reached 6 km/h'; fi

scene='docker stop in the countdown'
run "$HERE" "$image"
until_true 20 saw 'office/availability .*online' && say office/set ON
if until_true 10 state_is '"belt":"starting"'; then clean_stop 10000; else bad 'no countdown'; fi

scene='docker stop while scanning'
run "$NOBODY" "$image"
if until_true 20 state_is '"link":"scanning"'; then
  ends 10000 && until_true 2 is_offline && ok "$scene: offline, exit 0 in $took ms"
else bad 'it does not scan'; fi

scene='docker stop at 2 km/h with the broker gone'
run "$HERE" "$image"
if walk_at 2; then
  stop_broker
  if ends 10000; then
    if docker logs "$name" 2>&1 | grep -q 'Belt at rest'; then ok "$scene: belt at rest, exit 0 in $took ms"
    else bad 'the belt was not seen at rest'; fi
  fi
  start_broker
else bad 'the belt never reached 2 km/h'; fi

scene='health'
run "$HERE" --health-interval 1s "$image"
healthy=no
until_true 30 container_is State.Health.Status healthy && healthy=yes
docker run --rm "$image" health >/dev/null 2>&1
without=$?
if [ "$healthy $without" = 'yes 1' ]; then ok "$scene: healthy while it runs, 1 without a bridge"
else bad "healthy: $healthy, without a bridge: $without"; fi

# docker makes a folder of root's for `-v ./data:/data`.
scene="a folder of root's as /data"
mkdir -m 755 "$folder/data"
run "$HERE" --health-interval 1s -v "$folder/data:/data" "$image"
if ! until_true 30 container_is State.Health.Status healthy; then bad 'it is not healthy'
elif ! docker logs "$name" 2>&1 | grep -q '/data belongs to root; the bridge runs as user 1000: chown -R 1000 /data'; then bad 'nobody says whose it is'
elif ! walk_at 1; then bad 'the belt never reached 1 km/h'
else clean_stop 10000; fi
docker rm -fv "$name" >/dev/null 2>&1

scene="a folder of root's as /data that nobody else may enter"
chmod 700 "$folder/data"
docker run --rm -v "$folder/data:/data" "$image" >"$folder/out" 2>&1
code=$?
if [ $code = 78 ] && grep -q '/data belongs to root; the bridge runs as user 1000: chown' "$folder/out"; then ok "$scene: 78, and says so"
else bad "exit $code: $(cat "$folder/out")"; fi

scene='bridge/request/restart'
run "$HERE" --restart unless-stopped "$image"
until_true 20 saw 'office/availability .*online' && say bridge/request/restart '{}'
is_online() { last bridge/state | grep -q '"online"'; }
if until_true 30 container_is RestartCount 1 && until_true 20 is_online; then ok "$scene: ended and came back"
else bad 'it did not come back'; fi

scene='a walk is kept in the volume'
run "$HERE" -e WALKINGPAD2MQTT_SESSION_MIN_DURATION=0 "$image"
if walk_at 1; then
  say office/set/command stop
  until_true 15 saw 'office/event .*session_ended'
  kept=$(docker exec "$name" walkingpad2mqtt sessions --format json 2>&1)
  if grep -q '"pad": *"office"' <<<"$kept"; then ok "$scene"; else bad "sessions says $kept"; fi
else bad 'the belt never reached 1 km/h'; fi

scene='a config file that is not there'
docker run --rm -e WALKINGPAD2MQTT_CONFIG=/nowhere.yaml "$image" >"$folder/out" 2>&1
code=$?
if [ $code = 78 ] && grep -q '/nowhere.yaml' "$folder/out"; then ok "$scene: 78, and says so"
else bad "exit $code: $(cat "$folder/out")"; fi

scene='scan --save writes the config that run reads'
docker run --rm -v "$name:/data" -e WALKINGPAD2MQTT_BLUETOOTH_RADIO=simulator \
  -e WALKINGPAD2MQTT_SIMULATOR_PADS="$HERE" "$image" scan --seconds 2 --save >"$folder/out" 2>&1
docker run --rm -v "$name:/data" "$image" check-config >>"$folder/out" 2>&1
if grep -qE '^ +address: "?57:4c:4e:00:00:01' "$folder/out" && grep -q '^pads:' "$folder/out"; then ok "$scene"
else bad "$(cat "$folder/out")"; fi
docker volume rm "$name" >/dev/null 2>&1

scene='a main loop that hangs as PID 1'
docker rm -fv "$name" >/dev/null 2>&1
docker run -d --name "$name" --network host -e WALKINGPAD2MQTT_BLUETOOTH_RADIO=simulator \
  -e WALKINGPAD2MQTT_WEB_ENABLED=false -v "$PWD/test/process/fixtures/block-on-sigurg.cjs:/block.cjs:ro" --entrypoint node "$image" \
  --require /block.cjs /app/dist/main.js >/dev/null
sleep 3
docker kill -s URG "$name" >/dev/null
if until_true 30 container_is State.Running false; then
  ok "$scene: the watchdog ended it (exit $(docker inspect -f '{{.State.ExitCode}}' "$name"))"
else bad 'it still runs'; fi

printf '%s passed, %s failed\n' "$passed" "$failed"
[ "$failed" = 0 ]
