# The course in one command, where Docker is:
#     docker build -t llmcourse . && docker run --rm -p 127.0.0.1:8888:8888 -v llmcourse-work:/home/reader/course/work llmcourse
# Binder and the development container (.devcontainer) use this file, too. On Intel and AMD processors, pip takes a torch
# for NVIDIA cards, which brings 5 GB of libraries: --build-arg PIP_EXTRA_INDEX_URL=... names the index of CPU builds that
# PyTorch's website gives.
FROM python:3.12-slim-bookworm
RUN apt-get update && apt-get install -y --no-install-recommends git make && rm -rf /var/lib/apt/lists/*

# Binder chooses the user that notebooks run as.
ARG NB_USER=reader
ARG NB_UID=1000
ARG PIP_EXTRA_INDEX_URL
ENV USER=${NB_USER} HOME=/home/${NB_USER}
RUN useradd --create-home --uid ${NB_UID} ${NB_USER}
WORKDIR ${HOME}/course
COPY . .
RUN mkdir -p work && chown -R ${NB_UID} .
USER ${NB_USER}
RUN make setup && rm -rf ${HOME}/.cache/pip
ENV PATH=${HOME}/course/.venv/bin:${PATH}
EXPOSE 8888
CMD ["make", "lab", "LABFLAGS=--ip=0.0.0.0 --no-browser"]
