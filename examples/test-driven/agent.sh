#!/bin/sh
# A stand-in for a coding agent, so that the example needs no model: it takes the prepared files of this spec from
# answers/, and ticks the boxes. chant believes it no more than it would believe a real one.
set -e
cp -R "answers/$CHANT_SPEC_ID/." .
sed -i.bak 's/- \[ \]/- [x]/' "$CHANT_SPEC_FILE" && rm "$CHANT_SPEC_FILE.bak"
