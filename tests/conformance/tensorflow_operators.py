"""How many of the operators that other converters read are read here, and compared in two or more cases.

cd tests; PYTHONPATH=../python:. python -m conformance.tensorflow_operators
"""

from support.tensorflow_targets import coverage

if __name__ == "__main__":
    print(coverage())
