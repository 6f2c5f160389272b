#!/usr/bin/env bash
# Everything that wants a GPU, in stages of less than nine minutes, with no network.
#
#   bash benchmarks/gpu.sh [--dry] STAGE [BACKEND ...]
#
#   check    the tests that want a GPU: all families learn and answer there as on the CPU
#   demo     all five families trained and evaluated on the demo task
#   resume   the same on Resume
#   people   the same on People's Daily 1998, 25 to 60 million parameters from scratch; name
#            backends to do a few at a time (`people bert-crf bert-softmax electra`, `people t5`)
#   speed    gpu.py: base-sized random weights, characters per second, memory, joules; CRF beside
#            softmax; the Trainer beside ours; constrained decoding beside `generate`
#   profile  gpu.py: one pass of torch's profiler per family, and every wait for the device
#
# --dry takes tiny sizes, so that each stage can be tried on a CPU. Results go to $OUT (results/gpu
# by default): leaderboards as Markdown, finished runs without their models as RUNS.tar.gz (unpack,
# then `python -m harness merge`), tables as text. Archives found in .runs are unpacked first, so that
# what is finished is not done again: carry them back to go on after a cut.
#
# The machine needs Python 3.12 with torch, transformers 5, accelerate, peft, sentencepiece, pandas,
# scipy, typer, rich, jinja2, PyYAML and tabulate. What it lacks travels as wheels in .whl, data in
# .data (ignored folders). To prepare them, in the root of the tree:
#
#   pip wheel --no-deps -w .whl . seqeval==1.2.2
#   pip download --no-deps --only-binary=:all: --python-version 3.12 --implementation cp \
#     --platform manylinux2014_x86_64 --platform manylinux_2_17_x86_64 -d .whl \
#     pytorch-crf==0.7.2 nvidia-ml-py annotated-types typing-inspection \
#     pydantic==P pydantic-core==C    # C is what pydantic P requires
#   mkdir .data && cp -r DATA/{resume,people_daily_1998,weibo} .data/
set -euo pipefail
cd "$(dirname "$0")/.."

dry=
if [[ ${1:-} == --dry ]]; then dry=--dry; shift; fi
stage=${1:?a stage: check, demo, resume, people, speed or profile}
shift
families=("$@")
if [[ ${#families[@]} == 0 ]]; then families=(bert-crf bert-softmax electra t5 gpt); fi
out=${OUT:-results/gpu}
mkdir -p "$out"

export OMP_WAIT_POLICY=PASSIVE HF_HUB_OFFLINE=1 PYTHONUNBUFFERED=1 TOKENIZERS_PARALLELISM=false
python=${PYTHON:-python3}
if compgen -G '.whl/*.whl' >/dev/null; then
  site=$(mktemp -d)
  "$python" -m pip install -q --no-index --no-deps --no-compile --no-cache-dir --target "$site" .whl/*.whl
  export PYTHONPATH=$site${PYTHONPATH:+:$PYTHONPATH}
fi
if [[ -d .data ]]; then export NER_HARNESS_DATA=$PWD/.data; fi
(nvidia-smi --query-gpu=name,memory.total,driver_version --format=csv,noheader || echo "no GPU") \
  2>/dev/null | tee "$out/hardware.txt"
runs=$(mktemp -d)
for archive in .runs/*.tar.gz; do
  if [[ -f $archive ]]; then tar xzf "$archive" -C "$runs"; fi
done

keep() {
  # What is finished comes back, also after a cut.
  tar czf "$out/$stage-${families[0]}.tar.gz" -C "$runs" .
}

train() {
  # train TASK OPTIONS...: all families on TASK, sharing the GPU, then their leaderboard.
  local task=$1 backends=()
  shift
  for family in "${families[@]}"; do backends+=(--backend "$family"); done
  if [[ -n ${NER_HARNESS_DATA:-} ]]; then backends+=(--data "$NER_HARNESS_DATA"); fi
  if [[ -n $dry ]]; then set -- "$@" --limit 24 --set epochs=1 --set layers=1 --set width=32; fi
  trap keep EXIT
  timeout 520 "$python" -m harness run "${backends[@]}" --task "$task" --seed 1 \
    --workers "${#families[@]}" --set keep_model=false --output "$runs" "$@" | tee "$out/$stage-${families[0]}.md"
}

case $stage in
  check) timeout 540 "$python" -m pytest -m gpu tests/backends | tee "$out/check.txt" ;;
  demo) train demo ;;
  resume) train resume --set batch_units=2048 --set learning_rate=0.001 --set epochs=15 ;;
  people)
    sizes=(--set layers=8 --set width=512 --set attention_heads=8 --set learning_rate=0.0004)
    more=(--set batch_units=8192 --set epochs=12)
    for family in "${families[@]}"; do
      # Their answers are as long as the text, and are decoded after every epoch.
      if [[ $family == t5 || $family == gpt ]]; then more+=(--set "$family.epochs=5"); fi
    done
    train people_daily_1998 "${sizes[@]}" "${more[@]}"
    ;;
  speed | profile)
    timeout 540 "$python" -m benchmarks.gpu "$stage" $dry --families "${families[@]}" --out "$out"
    ;;
  *)
    echo "no stage is called '$stage': check, demo, resume, people, speed or profile" >&2
    exit 2
    ;;
esac
