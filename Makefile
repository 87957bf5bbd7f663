# `make demo` and `make test` each do their own set-up: python3 (3.11 or later), pip and make suffice.
PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin

.PHONY: demo test setup documents notebooks site changelog posterior donors surfaces restamp gates recovery benchmarks scale lock clean

demo: setup
	$(RUN)/expatsim demo

test: setup  # files in their order: the small ones of src come last, so that both workers end together
	$(RUN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder

setup: $(VENV)/ready

$(VENV)/ready: requirements.lock pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(RUN)/python -m pip install --quiet --disable-pip-version-check uv==0.13.9
	$(RUN)/uv pip install --quiet --python $(RUN)/python -r requirements.lock
	$(RUN)/uv pip install --quiet --python $(RUN)/python --no-deps --no-build-isolation --editable .
	touch $@

documents: setup  # tables in docs/ and the JSON Schemas, from the registries
	$(RUN)/python -m tools.make_documents
	$(RUN)/expatsim schema sweep > sweeps/sweep.schema.json
	$(RUN)/python -m tools.make_api

notebooks: setup  # run them whole; with plots, as Jupyter files and pages, into results/notebooks
	mkdir -p results/notebooks
	for f in $(basename $(notdir $(wildcard notebooks/*.md))); do \
	  $(RUN)/jupytext --quiet --to ipynb --execute --run-path notebooks \
	    --output results/notebooks/$$f.ipynb notebooks/$$f.md && \
	  $(RUN)/jupyter nbconvert --log-level WARN --to html results/notebooks/$$f.ipynb || exit 1; \
	done

site: notebooks  # documents, API and executed notebooks as pages that work from the disk
	$(RUN)/python -m tools.make_site results/site --notebooks results/notebooks

changelog: setup  # fragments of changelog.d into CHANGELOG.md, under the version of pyproject.toml
	$(RUN)/towncrier build --yes --version "$$($(RUN)/python -c 'import expatsim; print(expatsim.__version__)')"

posterior: setup  # calibrate (about 14 minutes), ship the draws, then donors, documents and gates
	$(RUN)/expatsim calibrate calibration/settings.yaml --out results/calibration --resume
	$(RUN)/python -m gates.ship
	$(MAKE) donors surfaces documents gates

donors: setup  # the packaged cross-section, after a new posterior
	$(RUN)/python -m expatsim.calibration.make_donors

surfaces: setup  # of the saved page, after a new posterior; what is simulated is kept, so that it can go on
	$(RUN)/python -m expatsim.page.make_surfaces --folder results/surfaces

restamp: setup  # after code that moves no number: check that, then stamp what is packaged anew
	$(RUN)/python -m gates.ship --restamp
	$(RUN)/python -m expatsim.page.make_surfaces --restamp

gates: setup  # what the posterior must pass, from results/calibration; recovery is run apart
	$(RUN)/python -m gates

recovery: setup  # calibrate 49 made-up studies (an hour or more)
	$(RUN)/python -m gates.recovery run 0 48
	$(RUN)/python -m gates.recovery

benchmarks: setup
	$(RUN)/python -m benchmarks

scale: setup  # draws of ten million, clusters; on a GPU where JAX finds one
	$(RUN)/python -m benchmarks.scale

lock: setup  # newest versions that pyproject.toml allows
	$(RUN)/uv pip compile --quiet --extra dev --no-header --no-annotate --no-emit-index-url \
	  --python-version 3.11 pyproject.toml --output-file requirements.lock

clean:
	rm -rf $(VENV) results
