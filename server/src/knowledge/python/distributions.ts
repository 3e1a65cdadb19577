/** Well-known Python modules: which distribution brings them, where the name differs. Data, nothing else. */

/** Distribution (normalised) by module, where it cannot be told from the module's name. */
export const DISTRIBUTION_OF: Readonly<Record<string, string>> = {
  attr: 'attrs',
  bs4: 'beautifulsoup4',
  cv2: 'opencv-python',
  dateutil: 'python-dateutil',
  dotenv: 'python-dotenv',
  fitz: 'pymupdf',
  git: 'gitpython',
  jose: 'python-jose',
  jwt: 'pyjwt',
  ldap: 'python-ldap',
  magic: 'python-magic',
  multipart: 'python-multipart',
  MySQLdb: 'mysqlclient',
  OpenSSL: 'pyopenssl',
  PIL: 'pillow',
  pkg_resources: 'setuptools',
  psycopg2: 'psycopg2-binary',
  redis: 'redis',
  rest_framework: 'djangorestframework',
  serial: 'pyserial',
  sklearn: 'scikit-learn',
  skimage: 'scikit-image',
  slugify: 'python-slugify',
  socketio: 'python-socketio',
  usb: 'pyusb',
  win32api: 'pywin32',
  yaml: 'pyyaml',
  zmq: 'pyzmq',
};

/** Modules that are no module of the workspace even where no manifest names them: that is another defect. */
export const KNOWN_MODULES: ReadonlySet<string> = new Set([
  ...Object.keys(DISTRIBUTION_OF),
  ...'aiofiles aiohttp aiokafka aiomysql aiopg aioredis aiosqlite airflow alembic altair amqp anthropic anyio apscheduler argon2 arq arrow asgi_lifespan asgiref asyncpg asyncssh attrs authlib av babel backoff bcrypt billiard bleach blinker bokeh boto boto3 botocore bottle brotli cachetools cattrs celery certifi cffi chardet charset_normalizer cherrypy chromadb click cloudpickle colorama colorlog configargparse connexion cryptography cssselect cycler cython dash dask databases datadog ddtrace decorator deepdiff defusedxml deprecated diskcache django django_filters docker docutils docx dramatiq drf_spectacular duckdb ecdsa elasticsearch email_validator environ eventlet factory faiss faker falcon fastapi fastavro fastparquet faust ffmpeg filelock fire firebase_admin flask flask_cors flask_login flask_migrate flask_sqlalchemy flask_wtf folium freezegun fsspec ftfy furl gensim geopandas geopy gevent google gql graphene granian graphql greenlet grpc gspread gunicorn h11 h2 h5py hiredis html2text html5lib httplib2 httptools httpx httpx_sse huey huggingface_hub humanize hvac hypercorn hypothesis idna imageio influxdb inflection iniconfig invoke ipdb IPython isodate itsdangerous jinja2 jmespath joblib jsonpatch jsonpath_ng jsonpickle jsonschema jupyter kafka keras keyring kombu kubernetes langchain langchain_community langchain_core langchain_openai langgraph librosa lightgbm litellm litestar llama_index locust loguru lxml mako mangum markdown markdown_it markupsafe marshmallow matplotlib mechanize minio mlflow mock mongoengine more_itertools motor moto msgpack multidict mypy mysql nacl neo4j networkx newrelic nltk nose notion_client numba numpy nox oauthlib odmantic openai openapi_spec_validator openpyxl opentelemetry orjson oauth2client packaging paho pandas paramiko parso passlib pathspec patsy peewee pendulum pexpect phonenumbers pika pinecone pip pipenv platformdirs playwright plotly pluggy polars prefect prometheus_client prompt_toolkit proto protobuf psutil psycopg psycopg_pool ptyprocess pyarrow pyasn1 pycparser pydantic pydantic_core pydantic_settings pydub pygments pymongo pymysql pynamodb pyodbc pyparsing PyPDF2 pypdf pyperclip pyproj pyramid pytest pytest_asyncio python_multipart pytz pywt pyspark qdrant_client quart ray rapidfuzz ratelimit regex reportlab requests requests_oauthlib requests_toolbelt responses respx rich rq rsa ruamel s3fs sanic schedule scipy scrapy seaborn selenium sendgrid sentence_transformers sentry_sdk setuptools setproctitle shapely shortuuid simplejson six slack_bolt slack_sdk slowapi smart_open sniffio snowflake soundfile soupsieve spacy sphinx sqlalchemy sqlalchemy_utils sqlglot sqlmodel sqlparse sse_starlette starlette statsmodels stripe strawberry streamlit structlog supabase sympy tabulate telegram telethon tenacity tensorflow termcolor testcontainers textual thrift tiktoken timm tinydb toml tomli tomlkit toolz torch torchaudio torchvision tornado tortoise tox tqdm transformers trio twilio twisted typer typing_extensions typeguard tzlocal ujson unidecode urllib3 uvicorn uvloop validators virtualenv vine vosk waitress watchdog watchfiles watchgod weasyprint weaviate webargs webob websocket websockets werkzeug wheel whisper whitenoise whoosh wrapt wtforms xgboost xlrd xlsxwriter xmltodict yarl yfinance yt_dlp zeep zipp zope zstandard'.split(
    ' ',
  ),
]);
