"""What SciPy's minimizers need and where they arrive, for tests/values/full_batch.sh.

    python3 scipy_reference.py ../../../../shared/data > scipy.txt        (SciPy 1.17)

A line for each problem and method: problem, method, evaluations of value and gradient, to a gradient of 1e-9 from the
same start as ours; and one that says where the minimum is: problem, `minimum`, value, then the variables.
"""
import sys

import numpy as np
from scipy import optimize

METHODS = {"cg": "CG", "bfgs": "BFGS", "lbfgs": "L-BFGS-B", "newton": "Newton-CG"}
OPTIONS = {
    "CG": dict(gtol=1e-9, maxiter=10000),
    "BFGS": dict(gtol=1e-9, maxiter=10000),
    "L-BFGS-B": dict(gtol=1e-9, ftol=0, maxiter=10000),
    "Newton-CG": dict(xtol=1e-9),
}


def rosenbrock():
    def value(p):
        return optimize.rosen(p), optimize.rosen_der(p)

    return value, optimize.rosen_hess, np.array([-1.2, 1.0])


def logistic(data):
    """Logistic regression with L2 on standardized breast_cancer: 30 weights, then the intercept."""
    table = np.loadtxt(data + "/breast_cancer/breast_cancer.csv", delimiter=",", skiprows=1)
    x, y = table[:, :30], table[:, 30]
    x = np.c_[(x - x.mean(0)) / x.std(0), np.ones(len(y))]
    penalty = np.r_[np.full(30, 1e-3), 0]

    def value(w):
        a = x @ w
        gradient = x.T @ (1 / (1 + np.exp(-a)) - y) / len(y) + 2 * penalty * w
        return np.mean(np.logaddexp(0, a) - y * a) + penalty @ w**2, gradient

    def hessian(w):
        s = 1 / (1 + np.exp(-x @ w))
        return (x * (s * (1 - s) / len(y))[:, None]).T @ x + np.diag(2 * penalty)

    return value, hessian, np.zeros(31)


for name, (value, hessian, start) in {"rosenbrock": rosenbrock(), "logistic": logistic(sys.argv[1])}.items():
    for ours, theirs in METHODS.items():
        second = dict(hess=hessian) if theirs == "Newton-CG" else {}
        r = optimize.minimize(value, start, jac=True, method=theirs, options=OPTIONS[theirs], **second)
        print(name, ours, r.nfev)
    r = optimize.minimize(value, start, jac=True, hess=hessian, method="trust-exact", options=dict(gtol=1e-12))
    print(name, "minimum", repr(float(r.fun)), *(repr(float(v)) for v in r.x))
