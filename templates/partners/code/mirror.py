import json
from pathlib import Path

from vietnam_tourism import Client

SITE = "https://example.org"
KEY = "vtr_your_key"
COPY = Path("catalogue.json")

copy = json.loads(COPY.read_text()) if COPY.exists() else {"cursor": None, "things": {}}
with Client(SITE, key=KEY) as client:
    for page in client.changes(
        copy["cursor"]
    ):  # the first time the whole catalogue, later what is new, other or gone
        for change in page.results:
            name = f"{change.kind} {change.key}"
            if (
                change.record is None
            ):  # withdrawn, merged or renamed: remove what you have, a photo's files too
                copy["things"].pop(name, None)
            else:
                copy["things"][name] = change.record
        copy["cursor"] = page.cursor
        COPY.write_text(json.dumps(copy))  # the cursor with what it stands for
print(len(copy["things"]), "things")
