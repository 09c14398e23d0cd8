"""A Rekognition that runs offline: AWS JSON 1.1 over HTTP, real computer vision behind it.

`python -m infra.local.rekognition --port N` starts it; docs/rekognition-offline.md says what it answers.
`staged` needs the standard library only, so that tests and tools of any environment can stage pictures.
"""
