SITE="https://example.org"
KEY="vtr_your_key"
PHOTO="photo.jpg"

# A request: prints its status and where the answer is, and keeps the answer in answer.json.
# What cannot be answered for the moment (429, 503) is asked again when the platform says so.
request() {
  curl --silent --show-error --retry 3 \
    --header "Authorization: Bearer $KEY" --header "Accept-Language: en" \
    --output answer.json --write-out '%{http_code} %header{location}' "$@"
}

# Ask, and wait up to 20 seconds. With the same Idempotency-Key it is one search, however often it is sent.
said=$(request "$SITE/api/v1/searches/" --header "Idempotency-Key: $$-$(date +%s)" \
  --form "photo=@$PHOTO" --form wait=20) || exit 1

# 202: not answered yet.
while [ "${said%% *}" = 202 ]; do
  sleep 1
  said=$(request --get "${said#* }" --data wait=20) || exit 1
done

if [ "${said%% *}" != 200 ]; then
  jq --raw-output '"\(.code): \(.detail)"' answer.json
  exit 1
fi

# The place, and the photo that shows it best with its attribution, which has to stand beside it.
jq --raw-output '
  if .state == "failed" then .message
  elif .verdict == "unknown" then "No place of the catalogue, as far as can be seen."
  else .places[0] as $place
    | "\($place.landmark.name), probability \($place.probability)",
      (.hits[] | select(.rank == $place.best_hit) | .image.photo, .attribution.text)
  end' answer.json
