# A stand-in for the reader's agent: it writes what an agent wrote once, so that the guide's commands can be run by a
# test. It finds its part by the title of the spec, and thinks nothing.
set -eu

here=$(dirname "$0")
case $(grep -m1 '^# ' "$CHANT_SPEC_FILE") in
*[Cc]omprehen*) part=comprehension ;;
*[Rr]eproduc* | *"failing test"*) part=reproduction ;;
*"oot cause"*) part=root-cause ;;
*"mpact map"*) part=impact-map ;;
*ompaction*) part=compaction ;;
*[Tt]ypo*) part=typo ;;
*"Look into"*) part=investigation ;;
*[Ff]ix* | *[Ll]ock*)
    part=fix
    if grep -q issue-1234-compaction "$CHANT_SPEC_FILE"; then part=second-fix; fi
    ;;
*) echo "the stand-in has no part for this spec" && exit 1 ;;
esac

if [ -d "$here/$part" ]; then cp -R "$here/$part/." .; fi
if [ "$part" = typo ]; then sed -i 's/seperate/separate/' README.md; fi
sed -i 's/- \[ \]/- [x]/' "$CHANT_SPEC_FILE"
